using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace StockApplication.Pages;

public sealed class SignInModel : PageModel
{
    [BindProperty, Required]
    public string Name { get; set; } = "";

    [BindProperty, Required]
    public string Password { get; set; } = "";

    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>Everybody's password is their name backwards.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (ModelState.IsValid && Password != string.Concat(Name.Reverse()))
        {
            ModelState.AddModelError("", "Wrong name or password.");
        }

        if (!ModelState.IsValid)
        {
            return Page();
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, Name)], CookieAuthenticationDefaults.AuthenticationScheme);
        await HttpContext.SignInAsync(new ClaimsPrincipal(identity));
        TempData["Notice"] = $"Welcome, {Name}.";
        return LocalRedirect(ReturnUrl ?? "/");
    }
}
