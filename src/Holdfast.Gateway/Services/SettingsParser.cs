using System.Globalization;
using Holdfast.Gateway.Balancing;

namespace Holdfast.Gateway.Services;

/// <summary>Reads a service's settings, whole: all problems at once.</summary>
internal sealed class SettingsParser
{
    private const int LargestNumber = 1_000_000;
    private const int LeastBreakerPercent = 10;
    private static readonly TimeSpan LongestTime = TimeSpan.FromHours(24);

    private static readonly Dictionary<string, Func<SettingsParser, ServiceSettings, string, ServiceSettings>> Readers = new()
    {
        ["balance"] = static (parser, settings, text) => parser.Balance(settings, text),
        ["weights"] = static (parser, settings, text) => settings with { Weights = parser.Weights(text) },
        ["slow-start"] = static (parser, settings, text) => settings with { SlowStart = parser.Time("slow-start", text, TimeSpan.Zero) },
        ["sticky"] = static (parser, settings, text) => settings with { Sticky = parser.Paths(text) },
        ["timeout"] = static (parser, settings, text) => settings with { Timeout = parser.Time("timeout", text, TimeSpan.FromMilliseconds(100)) },
        ["deadline"] = static (parser, settings, text) => settings with { Deadline = parser.Time("deadline", text, TimeSpan.FromMilliseconds(10)) },
        ["concurrency"] = static (parser, settings, text) => settings with { Concurrency = parser.Concurrency(text) },
        ["queue"] = static (parser, settings, text) => settings with { Queue = parser.Number("queue", text, 0) },
        ["ejection"] = static (parser, settings, text) => settings with { Ejects = parser.Switch("ejection", text) },
        ["breaker"] = static (parser, settings, text) => parser.Breaker(settings, text),
    };

    private readonly List<(string, string)> problems = [];

    private SettingsParser()
    {
    }

    public static IReadOnlyCollection<string> Names => Readers.Keys;

    public static (ServiceSettings Settings, IReadOnlyList<(string Setting, string Problem)> Problems) Parse(IReadOnlyDictionary<string, string> texts)
    {
        var parser = new SettingsParser();
        var settings = ServiceSettings.Default;
        foreach (var (name, text) in texts)
        {
            if (Readers.TryGetValue(name, out var reader))
            {
                settings = reader(parser, settings, text.Trim());
            }
            else
            {
                parser.Report(name, $"there is no such setting: the gateway knows {string.Join(", ", Names)}");
            }
        }

        return (settings, parser.problems);
    }

    private ServiceSettings Balance(ServiceSettings settings, string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["round-robin"]:
                return settings with { Balance = BalanceKind.RoundRobin };
            case ["least-requests"]:
                return settings with { Balance = BalanceKind.LeastRequests };
            case ["two-choices"]:
                return settings with { Balance = BalanceKind.TwoChoices };
            case ["hash", "header" or "cookie", { } name] when IsToken(name):
                return settings with { Balance = BalanceKind.Hash, HashBy = name, HashesCookie = words[1] == "cookie" };
            default:
                Report("balance", $"it is round-robin, least-requests, two-choices, 'hash header NAME' or 'hash cookie NAME', not '{text}'");
                return settings;
        }
    }

    private Dictionary<string, int> Weights(string text)
    {
        var weights = new Dictionary<string, int>();
        foreach (var part in text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=') is [{ Length: > 0 } id, { } number] && TryNumber(number, 1, RegisteredInstance.MaxWeight, out var weight))
            {
                weights[id] = weight;
            }
            else
            {
                Report("weights", $"they are instances with a weight from 1 to {RegisteredInstance.MaxWeight} each, such as 'shop-1=50 shop-2=100', and '{part}' is none");
            }
        }

        return weights;
    }

    private List<string> Paths(string text)
    {
        var paths = new List<string>();
        foreach (var path in text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (path[0] == '/')
            {
                paths.Add(path.TrimEnd('/'));
            }
            else
            {
                Report("sticky", $"it is a list of paths such as '/live', and '{path}' is none");
            }
        }

        return paths;
    }

    private int? Concurrency(string text)
    {
        switch (text)
        {
            case "adaptive":
                return null;
            case "unlimited":
                return 0;
            default:
                if (TryNumber(text, 1, LargestNumber, out var number))
                {
                    return number;
                }

                Report("concurrency", $"it is adaptive, unlimited, or how many requests each instance may have at once, from 1 to {LargestNumber}, not '{text}'");
                return null;
        }
    }

    private ServiceSettings Breaker(ServiceSettings settings, string text)
    {
        if (text is "on" or "off")
        {
            return settings with { Breaks = text == "on", BreakerShare = null };
        }

        if (text.EndsWith('%') && TryNumber(text[..^1], LeastBreakerPercent, 100, out var percent))
        {
            return settings with { Breaks = true, BreakerShare = percent / 100.0 };
        }

        Report("breaker", $"it is on, off, or the part of a route's requests that must fail, errors of 500 and more included, from {LeastBreakerPercent}% to 100%, not '{text}'");
        return settings;
    }

    private int Number(string name, string text, int least)
    {
        if (TryNumber(text, least, LargestNumber, out var number))
        {
            return number;
        }

        Report(name, $"it is a whole number from {least} to {LargestNumber}, not '{text}'");
        return least;
    }

    private bool Switch(string name, string text)
    {
        if (text is not ("on" or "off"))
        {
            Report(name, $"it is on or off, not '{text}'");
        }

        return text != "off";
    }

    private TimeSpan Time(string name, string text, TimeSpan least)
    {
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1.0)
            : text.EndsWith('s') ? (text[..^1], 1000.0)
            : text.EndsWith('m') ? (text[..^1], 60_000.0)
            : text.EndsWith('h') ? (text[..^1], 3_600_000.0)
            : ("", 0);
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value * unit >= least.TotalMilliseconds && value * unit <= LongestTime.TotalMilliseconds)
        {
            return TimeSpan.FromMilliseconds(value * unit);
        }

        Report(name, $"it is a time with its unit, such as 500ms, 30s, 2m or 1h, from {least.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s to {LongestTime.TotalHours} h, not '{text}'");
        return LongestTime;
    }

    private static bool TryNumber(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;

    private static bool IsToken(string name) => name.All(static letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter));

    private void Report(string setting, string problem) => problems.Add((setting, problem));
}
