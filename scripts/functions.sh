# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shell functions that ./demo and ./check share: what is said, what is installed,
# what is built. A script sets "source" to the folder of the sources and then
# reads this file.
#
# The functions return non-zero when they fail and have then said why in one
# line, on standard error.

# Where builds and logs go: build/, build-NAME/ in the sources unless told
# otherwise.
build_root=${VIRTXL_BUILD_ROOT:-${source:?}}

say() {
    printf '%s\n' "$*"
}

complain() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# seconds COMMAND...: runs it and leaves the seconds that it took in $elapsed.
timed() {
    elapsed=$(date +%s)
    "$@" && timed_status=0 || timed_status=$?
    elapsed=$(($(date +%s) - elapsed))
    return "$timed_status"
}

# install_packages PURPOSE...: installs what scripts/packages lists for them, if
# it is not there. apt speaks to a log.
install_packages() {
    missing=
    while read -r purpose package; do
        case " $* " in
        *" $purpose "*) package_is_installed "$package" || missing="$missing $package" ;;
        esac
    done <"$source/scripts/packages"
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        complain "not root, and these packages are missing:$missing"
        return 1
    fi
    say "installing$missing"
    mkdir -p "$build_root" || return 1
    apt_log=$(mktemp "${TMPDIR:-/tmp}/virtxl-apt.XXXXXX") || return 1
    # shellcheck disable=SC2086 # a list of words
    if apt update && apt install --no-install-recommends $missing; then
        rm -f "$apt_log"
        return 0
    fi
    complain "apt failed: $(apt_complaint); its log is $apt_log"
    return 1
}

package_is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
        </dev/null >>"$apt_log" 2>&1
}

apt_complaint() {
    grep -E '^(E|dpkg|W): ?' "$apt_log" | head -n 1 || tail -n 1 "$apt_log"
}

# build NAME TARGETS OPTION...: configures build_root/NAME with meson's OPTIONs if
# that was not done, and builds the TARGETS (a list of words; "all" is one). Sets
# $build_dir. One build in a folder runs at a time; a second one waits.
build() {
    build_dir=$build_root/$1
    build_targets=$2
    shift 2
    mkdir -p "$build_dir" || return 1
    build_log=$build_dir/build.log
    # shellcheck disable=SC2086 # a list of words
    if (
        flock 9
        if [ ! -f "$build_dir/build.ninja" ]; then
            meson setup "$@" "$build_dir" "$source"
        fi && ninja -C "$build_dir" $build_targets
    ) 9>"$build_dir/build.lock" >"$build_log.$$" 2>&1 </dev/null; then
        mv -f "$build_log.$$" "$build_log"
        return 0
    fi
    mv -f "$build_log.$$" "$build_log"
    complain "the build failed: $(build_complaint); its log is $build_log"
    return 1
}

build_complaint() {
    grep -m 1 -E '(^|[^a-z])(error|ERROR): |undefined reference' "$build_log" || tail -n 1 "$build_log"
}
