using Holdfast;
using Shop.Carts;
using Shop.Catalogue;
using Shop.Orders;
using Shop.Pages;
using Shop.Requests;
using Shop.SignIn;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.AddSimpleConsole(static console => console.SingleLine = true).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.WebHost.ConfigureKestrel(static kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = PostedBody.MaxBytes;
});

builder.AddHoldfast();
builder.Services.AddHostedService<CartMover>();
builder.Services.AddRazorComponents();

var app = builder.Build();
app.UseMiddleware<ResponseHeaders>();
app.UseHoldfast();
app.UseMiddleware<WholeResponses>();
app.UseMiddleware<Refusals>();
app.MapHealth();
app.MapProducts();
app.MapSignIn();
app.MapCart();
app.MapOrders();
app.MapPages();

try
{
    await app.RunAsync();
    return 0;
}
catch (StateException fault)
{
    await Console.Error.WriteLineAsync($"The shop can't start: {fault.Message}");
    return 1;
}
