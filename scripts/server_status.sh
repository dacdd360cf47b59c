#!/bin/sh
# What the OpenVPN servers of this host are doing, as JSON for OpenVPN Monitor. For root's cron:
#
#     * * * * * root /path/to/openvpn-monitor/scripts/server_status.sh
#
# Usage: server_status.sh [--no-public-ip] [OUTPUT]
#
# OUTPUT is the file that the monitor's OPENVPN_SERVER_STATUS names. Unset: $OPENVPN_SERVER_STATUS,
# else server_status.json in $OPENVPN_MONITOR_DATA, else in the data directory beside this script's.
#
# OPENVPN_STATUS_LOG         the monitor's setting, with the paths that the files have on this host: it
#                            names the servers, and a server is the process that has its file open
# OPENVPN_MONITOR_PUBLIC_IP  off: ask nobody; an address: that one; unset: ask OpenDNS by dig, else
#                            ipify.org by curl
#
# Needs a POSIX shell and the tools of coreutils or busybox. Does without dig, curl, ping, ip, nsenter
# and flock: what they would tell is null then. Without root it sees other users' processes only in part.
# Exit status: 0 written, 1 not written, 2 wrong usage, 75 another run is not done yet.
set -u
LC_ALL=C
export LC_ALL
PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" # cron's has no sbin
umask 022

fail() {
    printf 'server_status.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

has() { command -v "$1" >/dev/null 2>&1; }

# $1 as a JSON string, or null where it is empty. In ASCII, with U+FFFD for what is not UTF-8, so that
# it is valid whatever bytes a name is made of.
json() {
    [ -n "$1" ] || printf null
    [ -z "$1" ] || printf %s "$1" | od -An -v -tu1 | awk '
        function unit(n) { printf "\\u%04x", n }
        function put(n) {
            if (n > 65535) { unit(55296 + int((n - 65536) / 1024)); unit(56320 + n % 1024) }
            else if (n < 32 || n > 126 || n == 34 || n == 92) unit(n)
            else printf "%c", n
        }
        function begin(more, bits, least, most) { left = more; code = bits; low = least; high = most }
        function broken() { left = 0; put(65533) }
        function take(byte) {
            if (left && (byte < low || byte > high)) broken()
            if (left) { code = code * 64 + byte - 128; low = 128; high = 191; if (!--left) put(code) }
            else if (byte < 128) put(byte)
            else if (byte >= 194 && byte <= 223) begin(1, byte - 192, 128, 191)
            else if (byte >= 224 && byte <= 239)
                begin(2, byte - 224, byte == 224 ? 160 : 128, byte == 237 ? 159 : 191)
            else if (byte >= 240 && byte <= 244)
                begin(3, byte - 240, byte == 240 ? 144 : 128, byte == 244 ? 143 : 191)
            else broken()
        }
        BEGIN { printf "\"" }
        { for (i = 1; i <= NF; i++) take($i + 0) }
        END { if (left) broken(); printf "\"" }'
}

# --- processes ---

arguments() { tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline"; }

# Whether process $1 is OpenVPN. The program's file decides, not the command line, in which a script,
# an editor or this very report may have the word; to whom that file is not shown, the name given.
is_openvpn() {
    { read -r name <"/proc/$1/comm"; } 2>/dev/null || return
    [ "$name" = openvpn ] || return
    program=$(readlink "/proc/$1/exe" 2>/dev/null)
    [ -n "$program" ] || program=$(arguments "$1" | head -n 1)
    program=${program% (deleted)} # replaced by an upgrade while it runs
    [ "${program##*/}" = openvpn ]
}

# The configuration file $2 of process $1, which may live in a container, or have left its directory.
configuration() {
    case $2 in
    /*) set -- "/proc/$1/root$2" "$2" ;;
    *) set -- "/proc/$1/cwd/$2" "/etc/openvpn/server/$2" "/etc/openvpn/$2" ;;
    esac
    for file; do
        if [ -f "$file" ] && [ -r "$file" ]; then
            head -c 1048576 "$file"
            echo
            return
        fi
    done
    echo unreadable
}

# The options that process $1 runs with, one a line: of its command line and of its configuration.
options() {
    arguments "$1" | awk '
        NR == 1 { next }
        /^--/ { if (line != "") print line; line = substr($0, 3); next }
        { line = line == "" ? "config " $0 : line " " $0 }
        END { if (line != "") print line }' |
        while IFS= read -r option; do
            case $option in
            "config "*) configuration "$1" "${option#config }" ;;
            *) printf '%s\n' "$option" ;;
            esac
        done | tr -d '\r' | sed 's/^[[:space:]]*//; s/^--//'
}

# Whether OpenVPN process $1 serves clients, rather than being one or one end of a point-to-point line.
# A server whose configuration cannot be read passes as one unless its command line says otherwise.
is_server() {
    options "$1" | awk '
        $1 ~ /^(server|server-ipv6|server-bridge)$/ || ($1 == "mode" && $2 == "server") { server = 1 }
        $1 ~ /^(client|pull|tls-client)$/ { client = 1 }
        $1 == "unreadable" { unknown = 1 }
        END { exit !(server || (unknown && !client)) }'
}

# The OpenVPN server processes, a pid a line. A plugin's helper is a fork of the server: its parent is
# one too.
server_processes() {
    for directory in /proc/[0-9]*; do
        pid=${directory#/proc/}
        is_openvpn "$pid" || continue
        parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$directory/status" 2>/dev/null)
        is_openvpn "${parent:-0}" && continue
        is_server "$pid" && echo "$pid"
    done
}

# Whether process $1 has file $2 open. OpenVPN keeps its status file open for as long as it runs.
holds() {
    real=$(readlink -f "$2")
    for fd in "/proc/$1/fd/"*; do
        # shellcheck disable=SC3013  # -ef: POSIX since 2024, and in every sh that is installed
        [ "$fd" -ef "$2" ] && return 0
        case $(readlink "$fd" 2>/dev/null) in "$2 (deleted)" | "$real (deleted)") return 0 ;; esac
    done
    return 1
}

# Unix time at which process $1 was started, to within a second: 1 makes up for two roundings down.
started() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
    hertz=$(getconf CLK_TCK 2>/dev/null) || hertz=100
    # shellcheck disable=SC2086  # split into fields, from the third on
    set -- ${stat##*) }
    [ $# -lt 20 ] || echo $(($(sed -n 's/^btime //p' /proc/stat) + ${20} / hertz + 1))
}

# The version of process $1, which is asked of the installed program where that is the one running: to
# run whatever file a process has would let any user run theirs as root.
version() {
    installed=$(command -v openvpn) || return
    # shellcheck disable=SC3013
    [ "/proc/$1/exe" -ef "$installed" ] || return
    "$installed" --version 2>/dev/null | sed -n '1s/^OpenVPN \([^ ]*\).*/\1/p'
}

# --- network ---

# A command in the network that process $1 sees: a container's is another than ours.
in_network_of() {
    theirs=$(readlink "/proc/$1/ns/net" 2>/dev/null)
    if [ -z "$theirs" ] || [ "$theirs" = "$(readlink /proc/self/ns/net)" ]; then
        shift
        "$@"
    else
        has nsenter || return
        pid=$1
        shift
        nsenter -t "$pid" -n "$@"
    fi 2>/dev/null
}

# "interface address/bits" a line, of every address that others can reach process $1's network by.
addresses() {
    has ip && in_network_of "$1" ip -o addr show | awk '
        ($3 == "inet" || $3 == "inet6") && !/ scope (link|host)/ { sub(/@.*/, "", $2); print $2, $4 }'
}

# The tunnel's interface, one of those in $2 (as addresses prints them). The kernel tells which one
# process $1 has open. With data channel offload it has none open: there the options tell the address.
interface() {
    for info in "/proc/$1/fdinfo/"*; do
        device=$(sed -n 's/^iff:[[:space:]]*//p' "$info" 2>/dev/null)
        [ -z "$device" ] || break
    done
    [ -n "$device" ] || device=$({ printf '%s\n' "$2" | sed 's/^/has /' && options "$1"; } | awk '
        $1 == "has" { sub("/.*", "", $3); device[$3] = $2 }
        $1 == "ifconfig" { own = $2 }
        $1 == "server" { split($2, byte, "."); own = byte[1] "." byte[2] "." byte[3] "." byte[4] + 1 }
        END { print device[own] }')
    printf %s "$device"
}

is_address() {
    printf '%s\n' "$1" | grep -Eq '^([0-9]{1,3}\.){3}[0-9]{1,3}$|^[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$'
}

# A command that is cut off after $1 seconds.
limited() { if has timeout; then timeout "$@"; else shift && "$@"; fi 2>/dev/null; }

# The address that the Internet sees. dig writes its errors where its answers belong.
public_address() {
    case ${OPENVPN_MONITOR_PUBLIC_IP:-} in
    off) return ;;
    ?*) answer=$OPENVPN_MONITOR_PUBLIC_IP ;;
    *) answer=$(has dig && limited 5 dig +short +time=2 +tries=1 myip.opendns.com @208.67.222.222 | tail -n 1) ;;
    esac
    is_address "$answer" || answer=$(has curl && limited 8 curl -fsS --max-time 5 https://api.ipify.org | head -c 64)
    is_address "$answer" && printf %s "$answer"
}

# --- report ---

# The process that writes status file $1: sets pid, status and reason.
find_server() {
    pid='' status=DISCONNECTED reason='no OpenVPN server process runs on this host' count=0
    for candidate in $processes; do
        count=$((count + 1)) only=$candidate
        if holds "$candidate" "$1"; then
            pid=$candidate status=CONNECTED reason="process $pid has $1 open"
            return
        fi
    done
    if [ $count -eq 0 ]; then
        [ -e /proc/1/stat ] || status=Unknown reason='processes of others are hidden: run this as root'
    elif [ $count -eq 1 ] && [ "$named" -eq 1 ]; then
        pid=$only status=CONNECTED
        reason="process $pid is the only OpenVPN server of this host, but is not seen to have $1 open"
    elif [ "$named" -gt 1 ] && [ -r "/proc/$only/fd" ]; then
        reason="none of the OpenVPN server processes here ($count) has $1 open"
    else
        status=Unknown
        reason="none of the OpenVPN server processes here ($count) is seen to have $1 open: run this as root, with OPENVPN_STATUS_LOG naming each server's status file"
    fi
}

# Sets fields: what is known of the process found for status file $1, as the inside of a JSON object.
describe() {
    began='' version='' device='' known='' local_ip='' pingable='' ms='' list=''
    if [ -n "$pid" ]; then
        began=$(started "$pid")
        version=$(version "$pid")
        known=$(addresses "$pid")
        device=$(interface "$pid" "$known")
        local_ip=$(printf '%s\n' "$known" | awk -v device="$device" '$1 == device { print $2; exit }')
        local_ip=${local_ip%/*}
    fi
    if [ -n "$local_ip" ] && has ping; then
        ms=$(in_network_of "$pid" ping -c 1 -W 1 "$local_ip" | sed -n 's/.*time[=<]\([0-9.]*\) *ms.*/\1/p')
        pingable=${ms:+Yes}
        : "${pingable:=No}"
    fi
    while read -r at address; do
        [ -z "$address" ] ||
            list="$list${list:+, }{\"interface\": $(json "$at"), \"address\": $(json "$address")}"
    done <<END
$known
END
    fields="\"uptime\": $(json "${began:+$(date -d "@$began" '+%Y-%m-%d %H:%M:%S')}"),
    \"started_at\": $(json "${began:+$(date -u -d "@$began" +%Y-%m-%dT%H:%M:%S+00:00)}"),
    \"pid\": ${pid:-null}, \"version\": $(json "$version"), \"status_file\": $(json "$1"),
    \"interface\": $(json "$device"), \"local_ip\": $(json "$local_ip"), \"local_addresses\": [$list],
    \"pingable\": $(json "$pingable"), \"ping_ms\": ${ms:-null}"
}

# Adds server $1 with status file $2. The whole is as bad as its worst server; the rest is the first's.
add_server() {
    find_server "$2"
    describe "$2"
    entries="$entries${entries:+,
    }$(json "$1"): {\"status\": \"$status\", \"reason\": $(json "$reason"), $fields}"
    : "${first:=$fields}"
    [ "$named" -eq 1 ] || reason="$1: $reason"
    case $overall:$status in
    :* | CONNECTED:* | Unknown:DISCONNECTED) overall=$status overall_reason=$reason ;;
    esac
}

# The servers of OPENVPN_STATUS_LOG: a path alone is that of "openvpn", else it is name=path,name=path.
add_servers() {
    case ${1%%=*} in
    "$1" | */*)
        named=1
        add_server openvpn "$1"
        return
        ;;
    esac
    named=$(printf '%s\n' "$1" | awk -F, '{ print NF }')
    rest=$1,
    while [ -n "$rest" ]; do
        part=$(printf '%s\n' "${rest%%,*}" | sed 's/^ *//; s/ *$//; s/ *= */=/')
        rest=${rest#*,}
        case $part in
        ?*=?*) add_server "${part%%=*}" "${part#*=}" ;;
        *) fail "OPENVPN_STATUS_LOG=$1: '$part' is not name=path" 2 ;;
        esac
    done
}

# --- main ---

output=''
for argument; do
    case $argument in
    --no-public-ip) OPENVPN_MONITOR_PUBLIC_IP=off ;;
    -*) fail "$argument: unknown option; usage: server_status.sh [--no-public-ip] [OUTPUT]" 2 ;;
    *) [ -z "$output" ] || fail "$argument: one OUTPUT at most" 2
        output=$argument ;;
    esac
done
home=$(dirname "$0")/..
: "${output:=${OPENVPN_SERVER_STATUS:-${OPENVPN_MONITOR_DATA:-$home/data}/server_status.json}}"
directory=$(dirname "$output")
name=$(basename "$output")
[ -d "$directory" ] || fail "cannot write $output: there is no directory $directory"
[ ! -d "$output" ] || fail "cannot write $output: it is a directory"

# The lock is on the directory: to open a lock file, as root, where others may have put a link would be
# a hole. It ends with the process, however that ends.
exec 9<"$directory" || fail "cannot write $output: $directory cannot be read"
if has flock && ! flock -n 9 9<&9; then # named again, as ksh does not pass it on otherwise
    fail "another run is writing to $directory; this one is left out" 75
fi
rm -f "$directory/.$name".??????
trap 'rm -f "${temporary:-}"' EXIT
trap 'exit 1' HUP INT TERM

processes=$(server_processes)
entries='' first='' overall='' overall_reason=''
add_servers "${OPENVPN_STATUS_LOG:-/var/log/openvpn/status.log}"
report="{
  \"schema\": 1,
  \"status\": \"$overall\", \"reason\": $(json "$overall_reason"), $first,
  \"public_ip\": $(json "$(public_address)"),
  \"host\": $(json "$(uname -n)"), \"checked_at\": $(json "$(date -u +%Y-%m-%dT%H:%M:%S+00:00)"),
  \"servers\": {
    $entries
  }
}"
temporary=$(mktemp "$directory/.$name.XXXXXX") || fail "cannot write $output: nothing can be created in $directory"
{ printf '%s\n' "$report" >"$temporary" && chmod 644 "$temporary" && mv -f "$temporary" "$output"; } ||
    fail "cannot write $output"
