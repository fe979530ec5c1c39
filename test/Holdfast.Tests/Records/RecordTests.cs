using System.Text;

namespace Holdfast.Tests.Records;

public sealed class RecordTests
{
    private static readonly Address Thing = new("thing", "t");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(300)]
    public void Packed_fields_are_found_by_name_and_as_a_map(int count)
    {
        var names = Enumerable.Range(0, count).Select(static number => number % 2 == 0 ? $"field-{number}" : $"größe-{number}").ToList();
        var record = new Record(Thing, 7, 3, Packed(names), null);
        void Check()
        {
            foreach (var name in names)
            {
                Assert.Equal($"value of {name}", record.Text(name));
            }

            Assert.Null(record["field"]);
            Assert.Null(record["größe"]);
            Assert.Equal(0, record.Counter("field-1"));
        }

        Check();
        Assert.Equal(names, record.Fields.Keys);
        Assert.Equal(count, record.Fields.Count);
        Assert.Same(record.Fields, record.Fields);
        Check();
        Assert.True(record.TryGetPacked(out var packed));
        Assert.Equal(Packed(names), packed.ToArray());
    }

    [Fact]
    public void The_same_record_with_another_expiry_differs_in_nothing_else()
    {
        var record = new Record(Thing, 7, 3, Packed(["a"]), 1000);
        var later = record.ExpiringAt(2000);
        Assert.Equal((1000L, 2000L), (record.Deadline, later.Deadline));
        Assert.Equal((record.Address, record.Revision, record.Birth, record.Text("a")), (later.Address, later.Revision, later.Birth, later.Text("a")));
        Assert.Null(record.ExpiringAt(null).Deadline);
    }

    private static byte[] Packed(IEnumerable<string> names)
    {
        using var packed = new MemoryStream();
        Span<byte> part = stackalloc byte[100];
        foreach (var name in names)
        {
            packed.Write(part[..FieldWalk.WritePart(part, Encoding.UTF8.GetBytes(name))]);
            packed.Write(part[..FieldWalk.WritePart(part, Encoding.UTF8.GetBytes($"value of {name}"))]);
        }

        return packed.ToArray();
    }
}
