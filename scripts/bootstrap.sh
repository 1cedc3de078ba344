#!/bin/sh
# Bring .venv up to date with the pins; do nothing if it is.
#
#   sh scripts/bootstrap.sh run     install the requirements of `make report`
#   sh scripts/bootstrap.sh test    install these and the requirements of `make test`
#
# If a pin file has changed, .venv is recreated, so that no package remains that is no longer pinned.
# If only pyproject.toml has changed, only the package is reinstalled. An interrupted step leaves no
# stamp; an interrupted installation of pins leaves .unfinished, and .venv is then recreated too.
# PYTHON=... selects the Python.
set -euf

unset CDPATH PYTHONHOME PYTHONPATH
cd -- "$(dirname -- "$0")/.."

say() { printf 'saturation_lab: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

# ---- which Python ------------------------------------------------------------------------------

# If .venv is activated, take it off PATH: it cannot rebuild itself.
leave_own_venv() {
    kept=
    IFS=:
    for folder in $PATH; do
        [ "$folder" -ef .venv/bin ] || kept=$kept:$folder
    done
    unset IFS
    PATH=${kept#:}
}

version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

# Set python and version, or fail with one line that says what to install.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11
    fi
    found= without_venv=
    for python in "$@"; do
        version=$(version_of "$python") || continue
        case $version in
            3.1[1-9].* | 3.[2-9][0-9].*)
                "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
                without_venv=${without_venv:-$python $version} ;;
            *) found="${found:+$found, }$python $version" ;;
        esac
    done
    [ -z "$without_venv" ] || need_venv_module "${without_venv% *}" "${without_venv##* }"
    [ -z "${PYTHON:-}" ] || found=${found:-"no working Python at $PYTHON"}
    fail "Python 3.11 or newer is needed, found ${found:-none}: install it (Debian, Ubuntu:" \
        "apt install python3 python3-venv) or give its path: make PYTHON=/path/to/python3 ..."
}

need_venv_module() {
    fail "$1 ($2) cannot create a virtual environment: install its venv module" \
        "(Debian, Ubuntu: apt install python${2%.*}-venv), then run make again"
}

# ---- the folder --------------------------------------------------------------------------------

create_venv() {
    find_python
    if [ -e .venv ] && [ ! -e .venv/.made-by-make ]; then
        aside=.venv-before-$(date +%Y%m%d-%H%M%S)
        say "the existing .venv was not created by make; moved it to $aside"
        mv .venv "$aside"
    fi
    rm -rf .venv
    mkdir .venv
    touch .venv/.made-by-make .venv/.unfinished
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        need_venv_module "$python" "$version"
    fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf .venv
        fail "$python ($version) creates a virtual environment without pip: install its pip" \
            "(Debian, Ubuntu: apt install python3-pip python${version%.*}-venv), then run make again"
    fi
    say "created .venv with Python $version"
}

# The path of the checkout is part of the stamp: scripts in .venv/bin contain it, so moving the
# checkout makes .venv stale.
stamp_of() { { pwd -P; cat -- "$@"; } | cksum; }
is_stamped() { [ "$(cat ".venv/.stamp-$1" 2>/dev/null)" = "$2" ]; }
is_stale() { [ -e ".venv/.stamp-$1" ] && ! is_stamped "$1" "$2"; }

is_asked_for() {
    origin='import sys; print(sys.base_prefix, sys.version)'
    [ -z "${PYTHON:-}" ] ||
        [ "$("$PYTHON" -c "$origin" 2>/dev/null)" = "$(.venv/bin/python -c "$origin")" ]
}

is_usable() {
    [ -x .venv/bin/python ] && [ -e .venv/.made-by-make ] && [ ! -e .venv/.unfinished ] &&
        ! is_stale run "$run" && ! is_stale test "$test" && is_asked_for
}

# ---- its packages ------------------------------------------------------------------------------

# Keep the user's pip settings about the source of packages. Drop the others, which could install
# the packages elsewhere.
keep_index_settings() {
    for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\)=.*/\1/p'); do
        case $name in
            *INDEX* | PIP_FIND_LINKS | PIP_TRUSTED_HOST | PIP_PROXY | *CERT | *TIMEOUT) ;;
            PIP_RETRIES | *CACHE_DIR | PIP_CONFIG_FILE | PIP_KEYRING_PROVIDER) ;;
            *) unset "$name" ;;
        esac
    done
    export PIP_USER=0 PIP_REQUIRE_HASHES=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
}

pip() { .venv/bin/python -m pip --quiet "$@"; }

# step NAME STAMP LINE COMMAND...: run a command and show its output only if it fails.
step() {
    name=$1 stamp=$2 line=$3
    shift 3
    say "$line"
    if ! "$@" >.venv/pip.log 2>&1; then
        cat .venv/pip.log >&2
        fail "$line failed; see the output of pip above"
    fi
    printf '%s\n' "$stamp" >".venv/.stamp-$name"
}

install_pins() {
    touch .venv/.unfinished
    pip install --require-hashes --no-deps --only-binary :all: -r "$1" && rm .venv/.unfinished
}

install_package() { pip install --no-build-isolation --no-deps -e . && pins_suffice; }

pins_suffice() {
    .venv/bin/python -m pip check || {
        echo "pyproject.toml requires packages that are not pinned: run make requirements"
        return 1
    }
}

# ---- main --------------------------------------------------------------------------------------

wanted=${1:-}
case $wanted in
    run | test) ;;
    *) fail "expected 'run' or 'test', got '$wanted'" ;;
esac
leave_own_venv
keep_index_settings
run=$(stamp_of requirements/run.txt)
test=$(stamp_of requirements/run.txt requirements/test.txt)
package=$(stamp_of pyproject.toml)

[ -z "${PYTHON:-}" ] || find_python
is_usable || create_venv
if [ "$wanted" = test ]; then
    is_stamped test "$test" ||
        step test "$test" "installing requirements/test.txt" install_pins requirements/test.txt
else
    is_stamped run "$run" || is_stamped test "$test" ||
        step run "$run" "installing requirements/run.txt" install_pins requirements/run.txt
fi
is_stamped package "$package" || step package "$package" "installing the package" install_package
