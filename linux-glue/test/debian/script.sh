#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What bash and coreutils do: the same on every Debian 12.
set -u
work=$(mktemp -d) && cd "$work" || exit

# bash
declare -A colour=([sky]=blue [grass]=green)
list=({1..5} "six seven")
fib() { (($1 < 2)) && echo "$1" || echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); }
echo "${colour[sky]} ${#list[@]} ${list[-1]} ${list[*]:1:2} $(fib 9) $((16#ff ** 2 % 1000))"
text="one,two;three"
[[ $text =~ ^([a-z]+),(.*)$ ]] && echo "${BASH_REMATCH[2]/;/ } ${text^^} ${text%%,*} ${#text}"
while IFS='=' read -r name value; do printf '%-5s|%5s\n' "$name" "$value"; done <<'HERE'
a=1
b=22
HERE
diff <(seq 1 5) <(seq 1 2 5) | grep -c '^<'
(trap 'echo trapped' USR1; kill -USR1 $BASHPID; exit 4); echo $?
{ sleep 0.2 & } && wait $! && echo waited
sleep 100 & kill $! && wait $! 2>/dev/null; echo $?
coproc CAT { cat; } && echo "through a coprocess" >&"${CAT[1]}" && read -r line <&"${CAT[0]}" &&
    echo "$line"
false | true | exit 3; echo "${PIPESTATUS[*]}"
mkfifo pipe && { echo by a fifo >pipe & } && cat pipe
select word in yes no; do echo "$word"; break; done <<<2 2>/dev/null
timeout 0.3 bash -c 'while :; do :; done'; echo $?

# coreutils
seq 20000 | shuf --random-source=<(yes) | sort -n | sha256sum
seq 100 | split -l 30 - part. && wc -l part.* | tail -n 1 && cat part.?? | md5sum
printf '%s\n' b a c b | sort | uniq -c | tr -s ' ' | paste -sd:
join <(printf '1 a\n2 b\n') <(printf '1 x\n2 y\n') | cut -d' ' -f2,3 | tac | nl -w1 -s.
factor 1234567890123456789
mkdir -p deep/er && touch -d '2020-02-02 02:02 UTC' deep/er/file && chmod 640 deep/er/file &&
    ln -s er deep/link && ln deep/er/file hard
stat -c '%A %h %s %Y %F' deep/link/file && stat -c '%F %s' deep/link
cp -a deep copy && rm -r deep && find copy | sort && readlink copy/link &&
    realpath --relative-to=. copy/link/file
dd if=/dev/zero bs=1k count=300 2>/dev/null | tee zeros | base64 | cksum
truncate -s 5G sparse && stat -c %s sparse && du -k sparse | cut -f1 && rm sparse
date -u -d @1234567890 +%FT%T && env -i A=b env && test -p pipe && tty </dev/null
echo data | od -An -tx1 && printf 'x%.0s' {1..70} | fold -w 33 | wc -L && basename /a/b.c .c && dirname /a/b
numfmt --to=iec 1048576 && comm -12 <(seq 5) <(seq 3 9) | paste -sd, &&
    head -c 5 /dev/zero | tr '\0' z && echo
cd / && rm -r "$work"
