#!/usr/bin/env bash
# A container's network cards: net0, and those of its entry's `networks`, which are known by their interface inside.
# shellcheck disable=SC2153 # guest.sh sets CTID
. guest/lib/options.sh
. guest/lib/owned.sh

# Keys of net0 that are somebody else's where the entry does not say them.
OPTIONAL_OF_CARD=(gw6 ip6 mtu rate tag)

# merged_card PATH NOW: into MERGED_CARD: the keys that the settings have at PATH replace theirs, others stay; of net0 those go
# that the entry said before, and the gateway, without which there can be DHCP. Of another card all go that its entry does not say, but its address and what no entry says.
MERGED_CARD=''
merged_card() {
  local key value going='' now=$2
  local -a keys=()
  local -A PAIRS=()
  pairs_of "$now"
  # In the order in which they stand there; what is new comes behind, in this one.
  for value in ${now//,/ }; do keys+=("${value%%=*}"); done
  for key in name bridge ip gw hwaddr type firewall gw6 ip6 mtu rate tag; do
    if given "$1.$key"; then
      load value="$1.$key"
      [ -n "${PAIRS[$key]+there}" ] || keys+=("$key")
      PAIRS[$key]=$value
    elif [ "$1" != net0 ] && [ "$key" != hwaddr ]; then
      going+=" $key "
    elif [ "$key" = gw ] || [ -n "${OWNED[net0 $key]-}" ]; then
      going+=" $key "
    fi
  done
  MERGED_CARD=''
  for key in "${keys[@]}"; do [[ $going == *" $key "* ]] || MERGED_CARD+=",$key=${PAIRS[$key]}"; done
  MERGED_CARD=${MERGED_CARD:1}
}

want_network() {
  next_value net0
  merged_card net0 "$VALUE"
  same_list "$MERGED_CARD" "$VALUE" || want net0 "$MERGED_CARD" "$VALUE"
}

# card_named NAME: into KEY the netN that has this interface from the next stop on, or ''.
KEY=''
card_named() {
  local key
  for key in "${!NOW[@]}" "${!WAITS[@]}"; do
    [[ $key =~ ^net[1-9][0-9]*$ ]] || continue
    next_value "$key"
    [[ ",$VALUE," != *",name=$1,"* ]] || { KEY=$key; return 0; }
  done
  KEY=''
}

# want_cards: notes each card of `networks` that differs, at its place or the first free one, and those that are to go.
want_cards() {
  local index=0 name number taken=' ' what
  local -A wanted=()
  while given "networks.$index.name"; do
    load name="networks.$index.name"
    wanted[$name]=yes
    card_named "$name"
    if [ -z "$KEY" ]; then
      number=1
      while [ -n "${NOW[net$number]-}${WAITS[net$number]-}" ] || [[ $taken == *" $number "* ]]; do number=$((number + 1)); done
      KEY=net$number
      taken+="$number "
      VALUE=''
    fi
    merged_card "networks.$index" "$VALUE"
    same_list "$MERGED_CARD" "$VALUE" || want "$KEY" "$MERGED_CARD" "$VALUE"
    index=$((index + 1))
  done
  for what in "${!OWNED[@]}"; do
    if [[ $what != 'card '* ]] || [ -n "${wanted[${what#card }]-}" ]; then continue; fi
    card_named "${what#card }"
    [ -n "$KEY" ] || continue
    GONE+=("$KEY")
    "$DIFFERS" "$KEY" "$VALUE" ''
  done
}

# said_cards: what the entry says of cards, as the note has it, one a line.
said_cards() {
  local key index=0
  for key in "${OPTIONAL_OF_CARD[@]}"; do ! given "net0.$key" || printf 'net0 %s\n' "$key"; done
  while given "networks.$index.name"; do
    printf 'card %s\n' "$(setting "networks.$index.name")"
    index=$((index + 1))
  done
}

# mtu_of NET
mtu_of() { [[ ! ",$1," =~ ,mtu=([0-9]+), ]] || printf '%s' "${BASH_REMATCH[1]}"; }

# mtu_waits: a running container keeps the MTU of an interface that stays (PVE::LXC::update_net): whether one of those that
# were noted has another.
mtu_waits() {
  local index key
  for ((index = 0; index + 1 < ${#OPTIONS[@]}; index += 2)); do
    key=${OPTIONS[index]#--}
    if [[ $key != net* ]] || [ -z "${NOW[$key]-}" ]; then continue; fi
    [ "$(mtu_of "${OPTIONS[index + 1]}")" = "$(mtu_of "${NOW[$key]}")" ] || return 0
  done
  return 1
}

# require_bridges: 'pct set' writes the file first and refuses an unknown bridge then.
require_bridges() {
  local index=0 name
  require_bridge net0.bridge network_config.bridge
  while given "networks.$index.name"; do
    load name="networks.$index.name"
    require_bridge "networks.$index.bridge" "the bridge of $name in its networks"
    index=$((index + 1))
  done
}

# require_bridge PATH WHAT
require_bridge() {
  local bridge=''
  load bridge="$1"
  [ -d "/sys/class/net/$bridge" ] ||
    err "bridge $bridge, which CT $CTID is to join, does not exist on $(hostname):" \
      "correct $2, or make the bridge. Nothing was changed"
}
