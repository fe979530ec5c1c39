using System.Globalization;
using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node.Fuzzing;

/// <summary>What the parser and the node are fed: the corpus, and what chance makes of it.</summary>
internal static class Payloads
{
    /// <summary>Pieces that mean something, so that mutations get past the first byte.</summary>
    private static readonly string[] Pieces =
    [
        "*", "$", "\r\n", "*1\r\n", "*0\r\n", "$0\r\n\r\n", "$4\r\nPING\r\n", "$3\r\nGET\r\n", "$1\r\nk\r\n", "-1", "9", "65537", "8388609", "2147483648", "\0", "+", ">2\r\n", "%1\r\n", "_\r\n",
    ];

    public static List<byte[]> Corpus { get; } =
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "test", "Holdfast.Tests", "Node", "Fuzzing", "corpus.txt"))
            .Where(static line => !line.StartsWith('#')).Select(Unescaped),
    ];

    /// <summary>A payload of the corpus, or two of them joined, with some bytes changed, left out, doubled or put in.</summary>
    public static byte[] Mutated(Random random)
    {
        List<byte> bytes = [.. Drawn(random)];
        if (random.Next(3) == 0)
        {
            bytes.AddRange(Drawn(random));
        }

        for (var changes = random.Next(5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(8)));
                    break;
                case 2 when at < bytes.Count:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(16))));
                    break;
                default:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Drawn(Random random) => Corpus[random.Next(Corpus.Count)];

    private static byte[] Unescaped(string line)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                bytes.Add((byte)line[i]);
                continue;
            }

            var code = line[++i];
            bytes.Add(code switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                '0' => 0,
                'x' => byte.Parse(line.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                _ => (byte)code,
            });
            i += code == 'x' ? 2 : 0;
        }

        return [.. bytes];
    }
}
