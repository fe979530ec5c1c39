using System.Globalization;

namespace Holdfast.CausalSite;

/// <summary>Has a response tell what is logged while it is made: in which partitions something was lost that its client was shown.</summary>
internal sealed class LossTeller(IHttpContextAccessor current) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "StampLost" && state is IReadOnlyList<KeyValuePair<string, object?>> told && current.HttpContext?.Response is { HasStarted: false } response)
        {
            var lost = told.Select(static item => item.Value).OfType<Stamp>().First();

            // As late as that: a failure clears what stands in the headers.
            response.OnStarting(() =>
            {
                response.Headers.Append("Lost-In", lost.Partition.ToString(CultureInfo.InvariantCulture));
                return Task.CompletedTask;
            });
        }
    }

    public void Dispose()
    {
    }
}
