# shellcheck shell=sh
# What the scripts for Slurm share. Slurm starts them with almost no environment.

PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
node=${SLURMD_NODENAME:-$(hostname -s)}
# shellcheck source=contrib/slurm/daxpin.env
. "${DAXPIN_ENV:-$here/daxpin.env}"
# shellcheck source=contrib/slurm/daxpin.env
[ ! -e /etc/daxpin/slurm.env ] || . /etc/daxpin/slurm.env

# ask: the line in $line, the exit code in $code.
ask() {
	# shellcheck disable=SC2034 # for whoever asks
	code=0
	# shellcheck disable=SC2034
	line=$("$DAXPIN" node --site "$SITE" --limit "$LIMIT" 2>&1) || code=$?
	line=$(printf '%s' "$line" | tail -n 1)
}

# State and reason of this node, "IDLE" and "none" if Slurm does not answer.
state() { scontrol -o show node "$node" 2>/dev/null | sed -n 's/.* State=\([^ ]*\).*/\1/p'; }
reason() { scontrol -o show node "$node" 2>/dev/null | sed -n 's/.* Reason=\(.*\) \[.*/\1/p'; }

# drain: with daxpin's line as the reason. A node that somebody else has drained keeps their reason.
drain() {
	case $(state) in
	*DRAIN*) case $(reason) in daxpin:*) ;; *) return 0 ;; esac ;;
	esac
	scontrol update nodename="$node" state=drain reason="$line"
}

# Whoever drained it with a reason of daxpin's was daxpin.
resume() {
	case $(state) in *DRAIN*) ;; *) return 0 ;; esac
	case $(reason) in daxpin:*) scontrol update nodename="$node" state=resume ;; esac
}

# What cannot be told is for an admin: it is logged, and the node goes on.
tell() { logger -t daxpin -p daemon.err "$node: $line" 2>/dev/null || printf '%s: %s\n' "$node" "$line" >&2; }
