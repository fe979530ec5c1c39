using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using StockApplication.Bookings;

namespace StockApplication.Pages;

/// <summary>The last step: for who has signed in, what was entered becomes a booking.</summary>
[Authorize]
public sealed class ConfirmModel : PageModel
{
    public Booking Draft { get; private set; } = null!;

    public IActionResult OnGet()
    {
        if (HttpContext.Session.Draft() is not { } draft)
        {
            return RedirectToPage("/Route");
        }

        Draft = draft;
        return Page();
    }

    public IActionResult OnPost()
    {
        if (HttpContext.Session.Draft() is not { } draft)
        {
            return RedirectToPage("/Route");
        }

        HttpContext.Session.AddBooked(draft);
        HttpContext.Session.RemoveDraft();
        TempData["Notice"] = $"Booked: {draft.From} to {draft.To}.";
        return RedirectToPage("/Trips");
    }
}
