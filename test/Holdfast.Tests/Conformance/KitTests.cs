using System.Reflection;
using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

/// <summary>The kit can fail: each of its tests finds a fault that the model engine was given.</summary>
public sealed class KitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private static readonly (Type Theme, MethodInfo Test)[] Kit =
    [
        .. from theme in typeof(EngineConformance).Assembly.GetExportedTypes()
           where theme.IsSubclassOf(typeof(EngineConformance))
           from test in theme.GetMethods()
           where test.GetCustomAttribute<FactAttribute>() is not null
           select (theme, test),
    ];

    public static TheoryData<string> Tests => [.. Kit.Select(static item => item.Test.Name)];

    [Theory]
    [MemberData(nameof(Tests))]
    public async Task A_test_of_the_kit_finds_its_fault(string test)
    {
        Assert.True(KitFaults.ByTest.TryGetValue(test, out var fault), $"No fault is named that {test} finds: give {nameof(KitFaults)} one.");
        var found = await Xunit.Record.ExceptionAsync(() => RunAsync(Kit.Single(item => item.Test.Name == test), fault));
        Assert.True(found is not null, $"{test} passes although {fault}.");
    }

    [Fact]
    public void Every_fault_is_found_by_a_test()
    {
        Assert.Empty(Enum.GetValues<ModelFault>().Except([ModelFault.None]).Except(KitFaults.ByTest.Values));
        Assert.Empty(KitFaults.ByTest.Keys.Except(Kit.Select(static item => item.Test.Name)));
    }

    private static async Task RunAsync((Type Theme, MethodInfo Test) test, ModelFault fault)
    {
        await using var fixture = new ModelFixture(fault, Patience);
        var derived = Derived(test.Theme);
        var instance = (EngineConformance)Activator.CreateInstance(derived, fixture)!;
        await instance.InitializeAsync();
        try
        {
            await (test.Test.Invoke(instance, null) as Task ?? Task.CompletedTask);
        }
        finally
        {
            await instance.DisposeAsync();
        }
    }

    /// <summary>The class that derives the theme for the model.</summary>
    private static Type Derived(Type theme) =>
        typeof(KitTests).Assembly.GetTypes().Single(type => type.BaseType == theme && type.GetConstructor([typeof(ModelFixture)]) is not null);
}
