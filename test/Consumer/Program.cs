using Holdfast;
using Holdfast.AspNetCore;
using Holdfast.Gateway;
using Holdfast.Testing;

// What a user does first: open the embedded engine, commit and read. A type of every other package is there, too.
Type[] others = [typeof(HoldfastOptions), typeof(GatewayOptions), typeof(EngineFixture)];
Console.WriteLine(string.Join(' ', others.Select(static type => $"{type.Assembly.GetName().Name} {type.Assembly.GetName().Version}")));

var folder = Directory.CreateTempSubdirectory("holdfast-consumer-").FullName;
await using (var engine = await EmbeddedEngine.OpenAsync(folder, new StateEngineOptions()))
{
    var cart = Address.Parse("cart/u42");
    var made = await engine.CommitAsync(new Commit(RecordChange.Update(cart).Add("sku:4711", 2)));
    var read = await engine.ReadAsync(cart);
    if (!made.IsCommitted || read.Record?.Counter("sku:4711") != 2)
    {
        Console.Error.WriteLine($"read {read} after {made.Outcome}");
        return 1;
    }
}

Directory.Delete(folder, recursive: true);
Console.WriteLine("OK");
return 0;
