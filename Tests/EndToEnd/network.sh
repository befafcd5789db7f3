#!/bin/bash
# network.sh NAME up                           a wide-area network of namespaces, with a place for a server
# network.sh NAME nat LEAF cone|symmetric      a host LEAF behind an address translator of its own
# network.sh NAME block-udp LEAF               nothing but TCP passes LEAF's translator any more
# network.sh NAME move LEAF ADDRESS            LEAF's translator gets another address, as after a redial
# network.sh NAME down                         takes it all away
#
# The server's place is the namespace NAME-wan, 10.88.0.1; LEAF is the namespace NAME-LEAF, behind
# NAME-LEAF-nat. A cone translator keeps a host's port whomever it speaks to (RFC 4787 §4.1, as far as
# netfilter does); a symmetric one takes another port for each. Neither lets in what was not asked for.
# Needs root, iproute2 and iptables.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

name=$1
verb=$2
shift 2
wan=$name-wan

inside() { ip netns exec "$@"; }

up() {
  ip netns add "$wan"
  ip -n "$wan" link set lo up
  ip -n "$wan" link add wan0 type bridge
  ip -n "$wan" addr add 10.88.0.1/24 dev wan0
  ip -n "$wan" link set wan0 up
}

nat() {
  local leaf=$name-$1 kind=$2 router=$name-$1-nat number
  number=$(ip netns list | grep -c "^$name-.*-nat" || true)
  number=$((number + 2))
  ip netns add "$router"
  ip netns add "$leaf"
  ip -n "$router" link set lo up
  ip -n "$leaf" link set lo up
  ip -n "$wan" link add "port$number" type veth peer name wan0 netns "$router"
  ip -n "$wan" link set "port$number" master wan0 up
  ip -n "$router" addr add "10.88.0.$number/24" dev wan0
  ip -n "$router" link set wan0 up
  ip -n "$leaf" link add lan0 type veth peer name lan0 netns "$router"
  ip -n "$router" addr add "192.168.$number.1/24" dev lan0
  ip -n "$router" link set lan0 up
  ip -n "$leaf" addr add "192.168.$number.2/24" dev lan0
  ip -n "$leaf" link set lan0 up
  ip -n "$leaf" route add default via "192.168.$number.1"
  inside "$router" sysctl -qw net.ipv4.ip_forward=1
  if [[ $kind == symmetric ]]; then
    inside "$router" iptables -t nat -A POSTROUTING -o wan0 -p udp -j MASQUERADE --random-fully
  fi
  inside "$router" iptables -t nat -A POSTROUTING -o wan0 -j MASQUERADE
  # Also for the translator itself: an answer of its own would take the place of a host's mapping.
  for chain in FORWARD INPUT; do
    inside "$router" iptables -A "$chain" -i wan0 -m conntrack --ctstate NEW -j DROP
  done
}

block_udp() {
  inside "$name-$1-nat" iptables -I FORWARD -p udp -j DROP
}

move() {
  local router=$name-$1-nat
  # Down, so that netfilter forgets what it translated to the old address.
  ip -n "$router" link set wan0 down
  ip -n "$router" addr flush dev wan0
  ip -n "$router" addr add "$2/24" dev wan0
  ip -n "$router" link set wan0 up
}

down() {
  local space
  for space in $(ip netns list | cut -d ' ' -f 1 | grep "^$name-" || true); do
    ip netns del "$space"
  done
}

case $verb in
  up) up ;;
  nat) nat "$@" ;;
  block-udp) block_udp "$@" ;;
  move) move "$@" ;;
  down) down ;;
  *) sed -n '2,7p' "$0" >&2; exit 2 ;;
esac
