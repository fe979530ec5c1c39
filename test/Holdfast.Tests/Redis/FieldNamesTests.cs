using System.Text;
using Holdfast.Redis;

namespace Holdfast.Tests.Redis;

public sealed class FieldNamesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("field-3")]
    [InlineData("sku:4711/ and more than eight bytes")]
    [InlineData("名前")]
    [InlineData("a name that is longer than those that are kept, so that it is made anew each time it is told")]
    public void A_name_is_what_its_bytes_say_however_often_it_is_asked_for(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Assert.Equal(name, FieldNames.Of(bytes));
        Assert.Equal(name, FieldNames.Of(bytes));
    }

    [Fact]
    public void A_name_that_comes_again_is_no_other_string() =>
        Assert.Same(FieldNames.Of("comes-again"u8), FieldNames.Of("comes-again"u8));

    [Fact]
    public void Names_that_take_turns_in_a_place_stay_themselves()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 5000; i++)
            {
                Assert.Equal($"name-{i}", FieldNames.Of(Encoding.UTF8.GetBytes($"name-{i}")));
            }
        }
    }
}
