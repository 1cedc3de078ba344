// Downloads are made from the page itself: the drawing from its <img>, the table from its compressed
// copy. The lines with the buttons stay hidden until this script has run.
"use strict";
(() => {
  const PNG_WIDTH = 2560; // twice a slide's 1280

  // the drawing for wide screens, on a white instead of a transparent background
  const drawing = async (figure) => {
    const found = await fetch(figure.querySelector("img").getAttribute("src"));
    const root = new DOMParser().parseFromString(await found.text(), "image/svg+xml").documentElement;
    const ground = document.createElementNS(root.namespaceURI, "rect");
    for (const [key, value] of [["width", "100%"], ["height", "100%"], ["fill", "white"]]) {
      ground.setAttribute(key, value);
    }
    root.prepend(ground);
    return root;
  };

  const text = (root) => new XMLSerializer().serializeToString(root);

  const svg = async (figure) => new Blob([text(await drawing(figure))], { type: "image/svg+xml" });

  const png = async (figure) => {
    const root = await drawing(figure);
    const { width, height } = root.viewBox.baseVal;
    const canvas = document.createElement("canvas");
    canvas.width = PNG_WIDTH;
    canvas.height = Math.round((PNG_WIDTH * height) / width);
    root.setAttribute("width", canvas.width); // draw at this size instead of enlarging
    root.setAttribute("height", canvas.height);
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(text(root));
    await image.decode();
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };

  const csv = async (figure, line) => {
    const packed = document.getElementById(line.dataset.table).textContent;
    const found = await fetch("data:application/zlib;base64," + packed);
    const unpacked = found.body.pipeThrough(new DecompressionStream("deflate"));
    return new Blob([await new Response(unpacked).arrayBuffer()], { type: "text/csv" });
  };

  const makers = { svg, png, csv };

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  const answer = async (button, line) => {
    const kind = button.dataset.kind;
    try {
      save(await makers[kind](line.closest("figure"), line), `${line.dataset.name}.${kind}`);
    } catch (error) {
      button.textContent = `${button.textContent} could not be created: ${error.message}`;
      button.removeAttribute("aria-label"); // it would hide the message from screen readers
      button.disabled = true;
    }
  };

  for (const line of document.querySelectorAll(".downloads")) {
    for (const button of line.querySelectorAll("button")) {
      button.addEventListener("click", () => answer(button, line));
    }
    line.hidden = false;
  }
})();
