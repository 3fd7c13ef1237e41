#!/usr/bin/env bash
# A machine's network cards: net0, and those of its entry's `networks`, which are known by their interface.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. guest/lib/options.sh
. guest/lib/owned.sh
. vm/configure/options.sh

# Keys of net0 that are somebody else's where the entry does not say them.
OPTIONAL_OF_CARD=(firewall mtu queues rate)

# model_of NET: the model stands in front of the MAC address, or alone.
model_of() { [[ ! $1 =~ (^|,)(model=)?([a-z0-9_-]+)(=([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})?(,|$) ]] || printf '%s' "${BASH_REMATCH[3]}"; }

# merged_card PATH NOW: into MERGED_CARD: the keys that the settings have at PATH replace theirs. Of the others those go that
# the entry said before and net0's VLAN; of another card all that an entry can say. The MAC address stays, and what no entry says.
MERGED_CARD=''
merged_card() {
  local part key value now=$2 model='' mac='' going=' '
  local -a keys=()
  local -A PAIRS=()
  pairs_of "$now"
  load model="$1.model" mac="$1.mac"
  [ -n "$model" ] || [ "$1" != net0 ] || model=$(model_of "$now")
  mac=${mac:-$(card_address "$now")}
  MERGED_CARD=${model:-virtio}${mac:+=$mac}
  for part in ${now//,/ }; do
    key=${part%%=*}
    # The model is written already.
    [[ $key == @(model|macaddr) || $part != *=* || $part == "$key="*:*:*:*:*:* ]] || keys+=("$key")
  done
  for key in bridge firewall mtu queues rate tag; do
    if given "$1.$key"; then
      load value="$1.$key"
      [ -n "${PAIRS[$key]+there}" ] || keys+=("$key")
      PAIRS[$key]=$value
    elif [ "$1" != net0 ] || [ "$key" = tag ] || [ -n "${OWNED[net0 $key]-}" ]; then
      going+="$key "
    fi
  done
  for key in "${keys[@]}"; do [[ $going == *" $key "* ]] || MERGED_CARD+=",$key=${PAIRS[$key]}"; done
}

want_network() {
  next_value net0
  merged_card net0 "$VALUE"
  same_list "$MERGED_CARD" "$VALUE" || want net0 "$MERGED_CARD" "$VALUE"
  # cloud-init identifies the card by its address.
  [ "$(card_address "$MERGED_CARD")" = "$(card_address "$VALUE")" ] || AT_START=yes
}

# want_cards: notes each card of `networks` that differs, and those that are to go.
want_cards() {
  local index=0 card key
  while given "networks.$index.interface"; do
    load card="networks.$index.interface"
    next_value "$card"
    merged_card "networks.$index" "$VALUE"
    if ! same_list "$MERGED_CARD" "$VALUE"; then
      want "$card" "$MERGED_CARD" "$VALUE"
      if [ -n "$VALUE" ] && given "cloudInit.values.ipconfig${card#net}" &&
        [ "$(card_address "$MERGED_CARD")" != "$(card_address "$VALUE")" ]; then
        AT_START=yes
      fi
    fi
    index=$((index + 1))
  done
  for key in net{1..31}; do
    [ -z "${OWNED[$key]-}" ] || has_item networks interface "$key" || unwant "$key"
  done
}

# said_cards: what the entry says of cards, as the note has it, one a line.
said_cards() {
  local key index=0
  for key in "${OPTIONAL_OF_CARD[@]}"; do ! given "net0.$key" || printf 'net0 %s\n' "$key"; done
  for index in {1..31}; do
    ! has_item networks interface "net$index" || printf 'net%s\n' "$index"
    ! given "cloudInit.values.ipconfig$index" || printf 'ipconfig%s\n' "$index"
  done
}

# require_bridges: of cards that are to be plugged in.
require_bridges() {
  local index=0 bridge card
  while given "networks.$index.interface"; do
    load card="networks.$index.interface" bridge="networks.$index.bridge"
    [ -d "/sys/class/net/$bridge" ] ||
      err "bridge $bridge, which $card of VM $VMID ($NAME) is to join, does not exist on $(hostname):" \
        "correct networks, or make the bridge. Nothing was changed"
    index=$((index + 1))
  done
}
