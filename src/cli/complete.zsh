_daxpin-files() { _files "$@" }
_daxpin-folders() { _files "$@" -/ }
_daxpin-adapters() { compadd "$@" -- /sys/class/infiniband/*(N:t) }
_daxpin-devices() { compadd "$@" -- /sys/bus/dax/devices/*(N:t) /sys/block/pmem*(N:t) }
_daxpin-kernels() {
	_alternative 'suites:kernel:compadd -S "" -- debian\:' 'hosts:kernel:compadd -- host' 'files:file:_files'
}
_daxpin-reports() {
	if compset -P '*='; then
		_files "$@"
	else
		_daxpin-formats "$@" -S =
	fi
}

# Those who pin, which are the third part of their ids.
_daxpin-pinners() {
	local -a ids=(${(f)"$(_call_program ids ${(q)daxpin_program} list --ids 2>/dev/null)"})
	ids=(${${${(M)ids:#pinner/*}#pinner/*/}%%/*})
	compadd "$@" -- ${(u)ids}
}

# The ids that a command asks, which are those with its name; "run" asks several kinds. The name is
# the last argument; those before it are for compadd.
_daxpin-ids() {
	local -a ids=(${(f)"$(_call_program ids ${(q)daxpin_program} list --ids 2>/dev/null)"})
	[[ $argv[-1] == run ]] || ids=(${(M)ids:#$argv[-1]/*})
	_multi_parts "${(@)argv[1,-2]}" / ids
}

_daxpin() {
	local daxpin_program=$words[1]
	_daxpin_
}

# As a file of $fpath this is the body of the first call; as a script that is sourced it is not.
if [[ $funcstack[1] == _daxpin ]]; then
	_daxpin "$@"
else
	compdef _daxpin daxpin
fi
