# What a source offers for the text $2. The table has named the formats.
_daxpin_reply() {
	local text=$2
	case $1 in
	'') ;;
	files) mapfile -t COMPREPLY < <(compgen -f -- "$text"); compopt -o filenames 2>/dev/null ;;
	folders) mapfile -t COMPREPLY < <(compgen -d -- "$text"); compopt -o filenames 2>/dev/null ;;
	ids) mapfile -t COMPREPLY < <(compgen -W "$(_daxpin_ids)" -- "$text") ;;
	kernels) mapfile -t COMPREPLY < <(compgen -W 'debian: host' -- "$text"; compgen -f -- "$text") ;;
	pinners) mapfile -t COMPREPLY < <(compgen -W "$(_daxpin_pinners)" -- "$text") ;;
	adapters) mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/infiniband 2>/dev/null)" -- "$text") ;;
	devices) mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/bus/dax/devices 2>/dev/null; cd /sys/block && ls -d pmem* 2>/dev/null)" -- "$text") ;;
	reports)
		if [[ $text == *=* ]]; then
			text=${text#*=}
			_daxpin_reply files "$text"
			return
		fi
		mapfile -t COMPREPLY < <(compgen -W "${formats//,/= }=" -- "$text")
		;;
	*) mapfile -t COMPREPLY < <(compgen -W "${1//,/ }" -- "$text") ;;
	esac
	_daxpin_cut "$text"
}

# Those who pin, which are the third part of their ids.
_daxpin_pinners() {
	"$program" list --ids 2>/dev/null | sed -n 's,^pinner/[^/]*/\([^/]*\)/.*,\1,p' | sort -u
}

# The ids that the command asks, which are those with its name; "run" asks several kinds.
_daxpin_ids() {
	local kind=${path##* }
	[[ $kind != run ]] || kind='[^/]*'
	"$program" list --ids 2>/dev/null | grep "^$kind/"
}

# bash replaces what follows the last = or : only, where these break words. $1 is what was completed.
_daxpin_cut() {
	local keep='' before c i
	for c in = :; do
		[[ $COMP_WORDBREAKS == *$c* && $cur == *$c* ]] || continue
		before=${cur%"${cur##*"$c"}"}
		((${#before} <= ${#keep})) || keep=$before
	done
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${cur%"$1"}${COMPREPLY[i]}
		COMPREPLY[i]=${COMPREPLY[i]#"$keep"}
		[[ ${COMPREPLY[i]} != *[=:] ]] || compopt -o nospace 2>/dev/null
	done
}

# Sets $source to that of the option $1; fails if that has no value. "?" after its name: a value
# that may be left out is one, too.
_daxpin_source() {
	local o
	for o in $options; do
		[[ $o == "$1="* || $o == "${1%\?}?="* && $1 == *\? ]] || continue
		source=${o#*=}
		return 0
	done
	return 1
}

_daxpin() {
	local program=$1 line=$COMP_LINE path='' cur option='' source='' commands options operand formats
	local words=() rest word i
	# Put together what = and : have broken: no blank is between the parts.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:blank:]]*}"}
		if ((i)) && [[ $rest == "$line" ]]; then
			words[-1]+=${COMP_WORDS[i]}
		else
			words+=("${COMP_WORDS[i]}")
		fi
		line=${rest#"${COMP_WORDS[i]}"}
	done
	cur=${words[-1]}
	_daxpin_table ''
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [[ $option ]]; then
			option=
		elif [[ $word == -* ]]; then
			! _daxpin_source "$word" || option=$word
		elif [[ " $commands " == *" $word "* ]]; then
			path="$path $word"
			_daxpin_table "$path"
		fi
	done
	COMPREPLY=()
	if [[ $option ]]; then
		_daxpin_reply "$source" "$cur"
	elif [[ $cur == --*=* ]]; then
		! { _daxpin_source "${cur%%=*}" || _daxpin_source "${cur%%=*}?"; } || _daxpin_reply "$source" "${cur#*=}"
	elif [[ $commands && $cur != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
	elif [[ $operand && $cur != -* ]]; then
		_daxpin_reply "$operand" "$cur"
	fi
	if [[ $cur == -* && $cur != *=* || ! $cur && ! ${COMPREPLY[*]} ]] && [[ ! $option ]]; then
		for word in $options; do
			word=${word%%=*}
			[[ $word != "$cur"* ]] || COMPREPLY+=("${word%\?}")
		done
	fi
}
complete -F _daxpin daxpin
