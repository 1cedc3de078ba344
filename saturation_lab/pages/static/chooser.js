// Show one part at a time; its links choose the part. Without this script, all parts are shown and
// the links jump to them; in print, all parts are shown as well.
const parts = [...document.querySelectorAll(".part")];
function choose() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const asked = target?.closest(".part");
  const part = asked ?? parts.find((p) => p.classList.contains("chosen")) ?? parts[0];
  parts.forEach((p) => p.classList.toggle("chosen", p === part));
  const chip = part.querySelector(".chooser [aria-current]"); // scroll the chosen link into view
  if (chip) chip.parentElement.scrollLeft = chip.offsetLeft - chip.parentElement.clientWidth / 2;
  if (asked) target.scrollIntoView();
}
if (parts.length) {
  document.body.classList.add("choosing");
  addEventListener("hashchange", choose);
  choose();
}
