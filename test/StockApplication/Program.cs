using Microsoft.AspNetCore.Authentication.Cookies;

// A ferry's booking site, as anybody writes one who runs it on one server: what visitors have entered so far lies in
// the session, notices in TempData, who they are in a cookie. With the constant it is the same site on any number of servers.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRazorPages().AddSessionStateTempDataProvider();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(static cookie =>
{
    cookie.LoginPath = "/SignIn";
    cookie.AccessDeniedPath = "/SignIn";
});
#if HOLDFAST
builder.AddHoldfast();
#else
builder.Services.AddDistributedMemoryCache();
builder.Services.AddSession();
#endif

var app = builder.Build();
#if HOLDFAST
app.UseHoldfast();
#else
app.UseSession();
#endif
app.UseAuthentication();
app.UseAuthorization();
app.MapRazorPages();
app.Run();
