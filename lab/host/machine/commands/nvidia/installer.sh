#!/bin/bash
# Stands in for NVIDIA's .run file: an archive's head with the installer in it. Options, order of the checks and
# messages are those of nvidia-installer 580 (github.com/NVIDIA/nvidia-installer); what it installs are small files
# that lead to the lab's own stand-ins.
# The real file is for any sh; this one asks for bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"

VERSION=@VERSION@
DESCRIPTION='NVIDIA Accelerated Graphics Driver for Linux-x86_64'
LOG=/var/log/nvidia-installer.log
# Where the real installer keeps its notes of what it installed; here the programs lie there too, because a guest of
# the lab sees the /usr of its host.
NOTES=/var/lib/nvidia
MODULES='nvidia nvidia-modeset nvidia-drm nvidia-uvm nvidia-peermem'
CONFLICTING='nvidia-peermem nvidia-uvm nvidia-drm nvidia-modeset nvidia'
FLAGS=' accept-license silent no-questions no-x-check no-nouveau-check no-opengl-files no-wine-files dkms no-dkms
  no-kernel-module no-kernel-modules kernel-module-only kernel-modules-only no-nvidia-modprobe no-backup no-drm
  no-unified-memory no-peermem no-systemd systemd disable-nouveau no-disable-nouveau install-libglvnd
  no-install-libglvnd install-compat32-libs no-install-compat32-libs no-distro-scripts no-rpms no-recursion
  no-check-for-alternate-installs skip-depmod skip-module-load skip-module-unload
  allow-installation-with-running-driver no-allow-installation-with-running-driver rebuild-initramfs
  no-rebuild-initramfs run-nvidia-xconfig no-run-nvidia-xconfig uninstall '
VALUES=' kernel-module-type kernel-name tmpdir ui log-file-name kernel-source-path concurrency-level '

log() { printf '%s\n' "$*" >>"$LOG"; }
note() { printf '%s\n' "$1" && log "$1"; }
warning() { printf '\nWARNING: %s\n' "$1" >&2 && log "WARNING: $1"; }
error() { printf '\nERROR: %s\n\n' "$1" >&2 && log "ERROR: $1"; }

fail() {
  [ -z "${1:-}" ] || error "$1"
  error "Installation has failed.  Please see the file '$LOG' for details.  You may find suggestions on fixing \
installation problems in the README available on the Linux driver download page at www.nvidia.com."
  exit 1
}

on() { case " $GIVEN " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
loaded() { [ -e "/sys/module/${1//-/_}/initstate" ]; }

# The cards that nouveau has, as the real installer looks for it.
nouveau_present() {
  local link
  for link in /sys/bus/pci/devices/*/driver; do
    [ "$(basename "$(readlink "$link" 2>/dev/null)")" != nouveau ] || return 0
  done
  return 1
}

parse() {
  local word name
  GIVEN=
  while [ "$#" -gt 0 ]; do
    word=$1
    shift
    case $word in
    -s) word=--silent ;;
    -q) word=--no-questions ;;
    -a) word=--accept-license ;;
    -z) word=--no-nouveau-check ;;
    -M) word=--kernel-module-type=${1:-} && shift ;;
    esac
    name=${word#--}
    name=${name%%=*}
    case " $(printf '%s' "$FLAGS" | tr '\n' ' ') " in
    *" $name "*) GIVEN="$GIVEN $name" && continue ;;
    esac
    case $VALUES in
    *" $name "*)
      case $word in *=*) ;; *) shift ;; esac
      continue
      ;;
    esac
    printf './nvidia-installer: unrecognized option: "%s"\n' "$word" >&2
    printf '\nERROR: Invalid commandline, please run %s for usage information.\n\n' "\`./nvidia-installer --help\`" >&2
    exit 1
  done
}

check() {
  local want got
  want=$(sed -n 's/^#CHECKSUM //p' "$0")
  got=$(sed '/^#CHECKSUM /d' "$0" | sha256sum)
  if [ "$want" != "${got%% *}" ]; then
    printf 'Verifying archive integrity... Error in MD5 checksums: %s is different from %s\n' "${got%% *}" "$want" >&2
    exit 2
  fi
  echo 'Verifying archive integrity... OK'
}

# Modules of another driver must go first; what is in use stays, and then only one option continues.
unload() {
  local module
  for module in $CONFLICTING; do
    ! loaded "$module" || rmmod "$module" >>"$LOG" 2>&1
    loaded "$module" || continue
    warning "An NVIDIA kernel module '$module' appears to be already loaded in your kernel.  This may be because it is \
in use (for example, by an X server, a CUDA program, or the NVIDIA Persistence Daemon), but this may also happen if \
your kernel was configured without support for module unloading.  Some of the sanity checks that nvidia-installer \
performs to detect potential installation problems are not possible while an NVIDIA kernel module is running."
    on allow-installation-with-running-driver || fail
    log 'Kernel module load tests will be skipped.'
    GIVEN="$GIVEN skip-module-load"
    return
  done
}

build() {
  local kernel tool package module
  kernel=$(uname -r)
  for tool in cc:gcc make:make ld:binutils; do
    package=${tool#*:}
    tool=${tool%:*}
    command -v "$tool" >/dev/null || fail "Unable to find the development tool \`$tool\` in your path; please make sure \
that you have the package '$package' installed.  If $package is installed on your system, then please check that \
\`$tool\` is in your PATH."
  done
  if ! on no-nouveau-check && nouveau_present; then
    warning 'The Nouveau kernel driver is currently in use by your system.  This driver is incompatible with the NVIDIA driver, and must be disabled before proceeding.'
    fail
  fi
  [ -e "/lib/modules/$kernel/build/Makefile" ] || fail "Unable to find the kernel source tree for the currently running \
kernel.  Please make sure you have installed the kernel source files for your kernel and that they are properly \
configured; on Red Hat Linux systems, for example, be sure you have the 'kernel-source' or 'kernel-devel' RPM \
installed.  If you know the correct kernel source files are installed, you may specify the kernel source path with \
the '--kernel-source-path' command line option."
  log "Building kernel modules for $kernel"
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/selfgz.XXXXXX") || fail 'Unable to create a temporary directory'
  trap 'rm -rf "$WORK"' EXIT
  for module in $MODULES; do
    module_text "$module" "$kernel" >"$WORK/$module.ko" || fail "Unable to build the kernel module '$module.ko'."
  done
  on skip-module-load || test_load
}

module_text() {
  local needs=''
  case $1 in
  nvidia-drm) needs=nvidia-modeset ;;
  nvidia) ;;
  *) needs=nvidia ;;
  esac
  printf 'name=%s\nversion=%s\nvermagic=%s\ndepends=%s\n' "$1" "$VERSION" "$2" "$needs"
}

test_load() {
  local said
  grep -qsx 0x10de /sys/bus/pci/devices/*/vendor || return 0
  if ! said=$(insmod "$WORK/nvidia.ko" 2>&1); then
    log "Kernel module load error: $said"
    fail "Unable to load the kernel module 'nvidia.ko'.  This happens most frequently when this kernel module was built \
against the wrong or improperly configured kernel sources, with a version of gcc that differs from the one used to \
build the target kernel, or if another driver, such as nouveau, is present and prevents the NVIDIA kernel module from \
obtaining ownership of the NVIDIA device(s), or no NVIDIA device installed in this system is supported by this NVIDIA \
Linux graphics driver release.

Please see the log entries 'Kernel module load error' and 'Kernel messages' at the end of the file '$LOG' for more \
information."
  fi
  rmmod nvidia
}

put() {
  mkdir -p "${1%/*}"
  rm -f "$1"
  cat >"$1" || fail "Unable to create '$1' for copying (No space left on device)"
  chmod "${2:-644}" "$1"
  printf '%s\n' "$1" >>"$NOTES/log"
}

# link PATH TARGET
link() {
  mkdir -p "${1%/*}"
  ln -sfn "$2" "$1"
  printf '%s\n' "$1" >>"$NOTES/log"
}

install_files() {
  local name
  mkdir -p "$NOTES/bin"
  printf '%s\n' "$VERSION" >"$NOTES/log"
  for name in nvidia-smi nvidia-modprobe; do
    [ "$name" != nvidia-modprobe ] || ! on no-nvidia-modprobe || continue
    printf '#!/bin/bash\nexec /usr/sbin/lab-nvidia %s "$@"\n' "$name" | put "$NOTES/bin/$name" 755
    link "/usr/bin/$name" "$NOTES/bin/$name"
  done
  for name in nvidia-installer nvidia-uninstall; do
    put "$NOTES/bin/$name" 755 <"$SELF"
    link "/usr/bin/$name" "$NOTES/bin/$name"
  done
  for name in libnvidia-ml.so libcuda.so; do
    printf 'lab: %s %s\n' "$name" "$VERSION" | put "$NOTES/lib/$name.$VERSION"
    link "/usr/lib/x86_64-linux-gnu/$name.$VERSION" "$NOTES/lib/$name.$VERSION"
    link "/usr/lib/x86_64-linux-gnu/$name.1" "$name.$VERSION"
  done
}

install_modules() {
  local kernel module index=0 source=/usr/src/nvidia-$VERSION
  kernel=$(uname -r)
  for module in $MODULES; do
    module_text "$module" @KERNEL@ | put "$source/$module.ko.in"
  done
  {
    printf 'PACKAGE_NAME="nvidia"\nPACKAGE_VERSION="%s"\nAUTOINSTALL="yes"\n' "$VERSION"
    for module in $MODULES; do
      printf 'BUILT_MODULE_NAME[%s]="%s"\nDEST_MODULE_LOCATION[%s]="/kernel/drivers/video"\n' $index "$module" $index
      index=$((index + 1))
    done
  } | put "$source/dkms.conf"
  if ! on no-dkms && command -v dkms >/dev/null; then
    dkms status "nvidia/$VERSION" | grep -q . || dkms add "nvidia/$VERSION" >>"$LOG" 2>&1 || fail "Failed to run \`dkms add\`."
    dkms build "nvidia/$VERSION" -k "$kernel" >>"$LOG" 2>&1 || fail "Failed to run \`dkms build\`."
    dkms install "nvidia/$VERSION" -k "$kernel" >>"$LOG" 2>&1 || fail "Failed to run \`dkms install\`."
  else
    for module in $MODULES; do
      put "/usr/lib/modules/$kernel/kernel/drivers/video/$module.ko" <"$WORK/$module.ko"
    done
  fi
  on skip-depmod || depmod "$kernel"
}

# Takes away what the notes name, whichever version it was.
uninstall() {
  local old path
  [ -e "$NOTES/log" ] || return 1
  old=$(head -n 1 "$NOTES/log")
  if command -v dkms >/dev/null && dkms status "nvidia/$old" | grep -q .; then
    log 'DKMS module detected; removing...'
    dkms remove "nvidia/$old" --all >>"$LOG" 2>&1 || warning 'Failed to remove installed DKMS module!'
  fi
  tail -n +2 "$NOTES/log" | while IFS= read -r path; do rm -f "$path"; done
  rm -rf "${NOTES:?}" "/usr/src/nvidia-$old"
  log "Uninstallation of existing driver: $DESCRIPTION ($old) is complete."
}

main() {
  local module
  case ${1:-} in
  --check) check && exit ;;
  --info)
    printf '  Identification    : %s %s\n  Target directory  : NVIDIA-Linux-x86_64-%s\n  Compression       : xz\n' \
      "$DESCRIPTION" "$VERSION" "$VERSION"
    exit
    ;;
  -h | --help | -A | --advanced-options)
    printf '\n%s\n\n' "$0 [options]"
    tr -s ' \n' '\n' <<<"$FLAGS" | sed '/./s/^/  --/'
    exit
    ;;
  esac
  if [ "$(basename "$0")" = nvidia-uninstall ]; then set -- --uninstall "$@"; fi
  parse "$@"
  if [ "$(id -u)" -ne 0 ]; then
    error 'nvidia-installer must be run as root'
    exit 1
  fi
  case $0 in /*) SELF=$(readlink -f "$0") ;; *) SELF=$(readlink -f "$PWD/$0") ;; esac
  # What removes the old driver is the file that is being replaced.
  SELF_COPY=$(mktemp) && cat "$SELF" >"$SELF_COPY" && SELF=$SELF_COPY
  trap 'rm -f "$SELF_COPY"' EXIT
  printf "nvidia-installer log file '%s'\ncreation time: %s\ninstaller version: %s\n\nnvidia-installer command line:\n    ./nvidia-installer%s\n\n" \
    "$LOG" "$(date)" "$VERSION" "$(printf '\n    %s' "$@")" >"$LOG" || exit 1
  if on uninstall; then
    on skip-module-unload || for module in $CONFLICTING; do ! loaded "$module" || rmmod "$module" >>"$LOG" 2>&1; done
    if uninstall; then note "Uninstallation of existing driver: $DESCRIPTION is complete."; else
      note 'There is no NVIDIA driver currently installed.'
    fi
    exit 0
  fi
  on silent || on no-questions || {
    error 'the lab cannot answer questions: give --silent'
    exit 1
  }
  if on no-kernel-module || on no-kernel-modules; then
    log "Not installing any kernel modules; skipping the \"is an NVIDIA kernel module loaded?\" test."
    uninstall
    install_files
  else
    unload
    log "Installing NVIDIA driver version $VERSION."
    build
    trap 'rm -rf "$WORK" "$SELF_COPY"' EXIT
    uninstall
    install_files
    install_modules
    on skip-module-load || modprobe nvidia-drm >>"$LOG" 2>&1 || fail "Unable to load the 'nvidia-drm' kernel module."
  fi
  note "Installation of the $DESCRIPTION (version: $VERSION) is now complete."
}

main "$@"
exit
