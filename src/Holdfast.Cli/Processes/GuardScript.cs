namespace Holdfast.Cli.Processes;

/// <summary>
/// The shell text that a process is started through, so that it ends with the supervisor whatever ends that.
/// </summary>
/// <remarks>
/// <para>
/// Standard input is a pipe whose only writer is the supervisor. A watcher, in a session of its own and without the
/// marker that <see cref="RunMarker"/> looks for, blocks on reading it; the command gets <c>/dev/null</c> instead, takes
/// the shell's place and so keeps its pid. When the process has ended and the supervisor has seen to what it left
/// behind, the supervisor writes a line, and the watcher goes. When the pipe ends without one, the supervisor is dead:
/// the watcher kills the process's group, and then every process of the run that it finds by the marker.
/// </para>
/// <para>
/// PR_SET_PDEATHSIG would not do: it goes off when the supervisor's starting *thread* ends, and grandchildren don't have it.
/// </para>
/// </remarks>
internal static class GuardScript
{
    /// <summary>Arguments: the run, the watcher's text, then the command.</summary>
    public const string Guard =
        """
        run=$1 watch=$2; shift 2
        exec 3<&0 </dev/null 2>&1
        (unset HOLDFAST_RUN; exec setsid sh -c "$watch" holdfast-watch "$$" "$run") <&3 3<&- >/dev/null 2>&1 &
        exec 3<&-
        exec "$@"
        """;

    /// <summary>Arguments: the process group, the run.</summary>
    public const string Watch =
        """
        read -r _ && exit 0
        kill -9 -- "-$1"
        rounds=0
        while [ "$rounds" -lt 100 ]; do
          found=
          for file in $(grep -lsF "HOLDFAST_RUN=$2." /proc/[0-9]*/environ); do
            pid=${file#/proc/}
            kill -9 "${pid%/environ}" && found=1
          done
          [ -n "$found" ] || exit 0
          rounds=$((rounds + 1))
        done
        """;
}
