using Holdfast;
using Microsoft.AspNetCore.HttpOverrides;
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

builder.AddHoldfast(static options => options.Idempotency = Repetitions.Options);
builder.Services.AddHostedService<CartMover>();
builder.Services.AddRazorComponents();

var app = builder.Build();

// The gateway says who is asking: it is on this machine, and clients can't say it in its stead.
app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto });
app.UseMiddleware<ResponseHeaders>();
app.UseHoldfast();
app.UseMiddleware<WholeResponses>();
app.UseMiddleware<Refusals>();

var shop = app.MapGroup("").WithIdempotency();
shop.MapHealth();
shop.MapProducts();
shop.MapSignIn();
shop.MapCart();
shop.MapOrders();
shop.MapPages();

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
