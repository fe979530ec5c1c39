using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Sessions.Events;

/// <summary>
/// Notices that sessions have expired, and tells it. One instance at a time learns from the journals which sessions there are, and looks at each when it might have expired. Whoever finds that
/// a session is gone and its trace is not, deletes the trace and tells the expiry, in one commit: so that is told once, whoever dies when.
/// </summary>
internal sealed class SessionExpiry(IServiceProvider provider, IOptions<HoldfastOptions> options, ILogger<SessionExpiry> logger) : BackgroundService
{
    /// <summary>How many sessions are looked at at the same time.</summary>
    private const int MaxAtOnce = 64;

    /// <summary>How often it is seen whether there is one to look at.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How long after its expiry a record may be there still.</summary>
    private static readonly TimeSpan Reaping = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.SessionEvents)
        {
            var engine = provider.GetRequiredService<StateEngine>();
            using var tracked = new TrackedSessions(engine.Partitions.Count, TrackedSessions.DefaultMaxCount);
            await new Work(engine, tracked, options.Value.SessionIdleTimeout, logger).RunAsync(stoppingToken);
        }
    }

    private sealed class Work(StateEngine engine, TrackedSessions tracked, TimeSpan idleTimeout, ILogger logger)
    {
        private readonly TimeProvider clock = engine.Options.Clock;

        public Task RunAsync(CancellationToken cancellationToken)
        {
            var follower = new JournalFollower(engine, "session-expiry", HandleAsync, new JournalFollowerOptions
            {
                ResumeAfter = tracked.ResumeAfter,
                OnGap = ScanAsync,
            });
            return Task.WhenAll(follower.RunAsync(cancellationToken), LookRegularlyAsync(cancellationToken));
        }

        private async ValueTask HandleAsync(int partition, JournalEvent item, CancellationToken cancellationToken)
        {
            if (SessionEventContent.Read(item) is not { } content)
            {
                return;
            }

            var session = new TrackedSessions.Tracked(partition, content.Session);
            if (item.Type == SessionEventContent.Created)
            {
                await tracked.AddAsync(session, item.Position, In(Left(item.Time)), cancellationToken);
            }
            else
            {
                tracked.Remove(session);
            }
        }

        /// <summary>Events were trimmed before they were read: the traces tell which sessions there are.</summary>
        private async ValueTask ScanAsync(JournalGap gap, CancellationToken cancellationToken)
        {
            await foreach (var trace in engine.ScanAsync(gap.Partition, SessionTrace.Kind, cancellationToken))
            {
                var session = new TrackedSessions.Tracked(gap.Partition, SessionTrace.HandleOf(SessionTrace.SessionOf(trace)));
                await tracked.AddAsync(session, gap.ResumedAfter, In(TimeSpan.Zero), cancellationToken);
            }
        }

        private async Task LookRegularlyAsync(CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var due = tracked.TakeDue(clock.GetTimestamp(), MaxAtOnce);
                await Task.WhenAll(due.Select(session => LookAsync(session, cancellationToken))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (due.Count < MaxAtOnce)
                {
                    await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        private async Task LookAsync(TrackedSessions.Tracked session, CancellationToken cancellationToken)
        {
            try
            {
                if (await LeftAsync(session, cancellationToken) is { } left)
                {
                    tracked.PutOff(session, In(left));
                }
                else
                {
                    tracked.Remove(session);
                }
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                logger.NotLookedAt(fault);
                tracked.PutOff(session, In(RetryPause));
            }
        }

        /// <summary>How long the session has left; null when it has ended, which has been told then.</summary>
        private async ValueTask<TimeSpan?> LeftAsync(TrackedSessions.Tracked session, CancellationToken cancellationToken)
        {
            var address = SessionTrace.AddressOf(engine.Partitions, session.Partition, session.Handle);
            if ((await engine.ReadAsync(address, Freshness.Latest, cancellationToken)).Record is not { } trace)
            {
                return null;
            }

            var record = (await engine.ReadAsync(SessionReference.AddressOf(SessionTrace.SessionOf(trace)), Freshness.Latest, cancellationToken)).Record;
            if (record is not null)
            {
                return record.TimeToLive(clock) ?? idleTimeout;
            }

            await engine.CommitAsync(SessionTrace.Expiry(trace), CancellationToken.None);
            return null;
        }

        /// <summary>How long a session may last that was created then.</summary>
        private TimeSpan Left(DateTimeOffset created)
        {
            var age = clock.GetUtcNow() - created;
            return age < TimeSpan.Zero ? idleTimeout : age < idleTimeout ? idleTimeout - age : TimeSpan.Zero;
        }

        private long In(TimeSpan time) => clock.GetTimestamp() + (long)((time + Reaping).TotalSeconds * clock.TimestampFrequency);
    }
}
