#!/bin/sh
# Bring .venv up to date with the pins, and do nothing where it is.
#
#   sh scripts/bootstrap.sh run     what `make report` needs
#   sh scripts/bootstrap.sh test    that, and what `make test` needs
#
# A changed pin file means a new .venv, so nothing lingers that the pins no longer name; a changed
# pyproject.toml means the package alone again. An interrupted step leaves no stamp, and half a set
# of pins leaves .unfinished, which means a new .venv too. PYTHON=... chooses the Python.
set -euf

unset CDPATH PYTHONHOME PYTHONPATH
cd -- "$(dirname -- "$0")/.."

say() { printf 'saturation_lab: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

# ---- which Python ------------------------------------------------------------------------------

# An activated .venv must not be asked to rebuild itself.
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

# Sets python and version, or ends with the one line that says what to install.
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
    [ -z "${PYTHON:-}" ] || found=${found:-"nothing that runs as $PYTHON"}
    fail "Python 3.11 or newer is needed, found ${found:-none}: install it (Debian, Ubuntu:" \
        "apt install python3 python3-venv) or name one: make PYTHON=/path/to/python3 ..."
}

need_venv_module() {
    fail "$1 ($2) cannot make a virtual environment: install its venv module" \
        "(Debian, Ubuntu: apt install python${2%.*}-venv), then run make again"
}

# ---- the folder --------------------------------------------------------------------------------

create_venv() {
    find_python
    if [ -e .venv ] && [ ! -e .venv/.made-by-make ]; then
        aside=.venv-before-$(date +%Y%m%d-%H%M%S)
        say "the .venv that was here is not make's: kept as $aside"
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
        fail "$python ($version) makes a virtual environment without pip: install its pip" \
            "(Debian, Ubuntu: apt install python3-pip python${version%.*}-venv), then run make again"
    fi
    say "made .venv with Python $version"
}

# The checkout's place counts too: scripts in .venv/bin hold it, so a moved folder is made anew.
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

# ---- what goes into it -------------------------------------------------------------------------

# Of pip's settings, those that say where packages come from are the user's; the rest would only
# put the packages elsewhere.
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

# step NAME STAMP LINE COMMAND...: pip's pages are shown only where they explain a failure.
step() {
    name=$1 stamp=$2 line=$3
    shift 3
    say "$line"
    if ! "$@" >.venv/pip.log 2>&1; then
        cat .venv/pip.log >&2
        fail "$line failed; pip's own words are above"
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
        echo "pyproject.toml asks for what requirements/ does not pin: run make requirements"
        return 1
    }
}

# ---- the whole ---------------------------------------------------------------------------------

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
