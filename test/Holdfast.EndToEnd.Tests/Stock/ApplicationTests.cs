using System.Net;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>
/// The application's own tests, from outside and without a word of where it runs: a visitor's session, TempData,
/// antiforgery and sign-in.
/// </summary>
public abstract class ApplicationTests(Site site) : IDisposable
{
    private readonly Browser browser = site.Visit();

    /// <summary>Where it runs.</summary>
    protected Site Site => site;

    [Fact]
    public async Task Visits_are_counted()
    {
        for (var visit = 1; visit <= 7; visit++)
        {
            Assert.Equal($"{visit}", (await browser.OpenAsync("/")).Text("visits"));
        }
    }

    [Fact]
    public async Task What_one_step_was_told_the_next_ones_know()
    {
        var passengers = await DraftAsync("Kiel", "Oslo");
        Assert.Equal("/Passengers", passengers.Path);
        await browser.SubmitAsync(passengers, "passengers", ("Count", "3"));

        Assert.Equal("Kiel to Oslo", (await browser.OpenAsync("/")).Text("draft"));
        var route = await browser.OpenAsync("/Route");
        Assert.Equal(("Kiel", "Oslo"), (route.FieldsOf("route")["From"], route.FieldsOf("route")["To"]));
        var next = await browser.SubmitAsync(route, "route", ("To", "Bergen & Stavanger"));
        Assert.Equal("3", next.FieldsOf("passengers")["Count"]);
        Assert.Equal("Kiel to Bergen & Stavanger", (await browser.OpenAsync("/")).Text("draft"));
    }

    [Fact]
    public async Task What_a_visitor_entered_wrongly_is_shown_again_with_what_is_wrong_and_changes_nothing()
    {
        var passengers = await DraftAsync("Kiel", "Oslo");
        var refused = await browser.SubmitAsync(passengers, "passengers", ("Count", "12"));
        Assert.Equal("/Passengers", refused.Path);
        Assert.Contains("between 1 and 9", refused.Text("problems"), StringComparison.Ordinal);
        Assert.Equal("12", refused.FieldsOf("passengers")["Count"]);
        Assert.Equal("1", (await browser.OpenAsync("/Passengers")).FieldsOf("passengers")["Count"]);
    }

    [Fact]
    public async Task A_large_draft_is_kept()
    {
        var to = new string('x', 20_000);
        await DraftAsync("Kiel", to);
        Assert.Equal(to, (await browser.OpenAsync("/Route")).FieldsOf("route")["To"]);
    }

    [Fact]
    public async Task Starting_over_forgets_everything_for_good()
    {
        await browser.OpenAsync("/");
        await DraftAsync("Kiel", "Oslo");
        var home = await browser.SubmitAsync(await browser.OpenAsync("/"), "start-over");
        Assert.Equal("1", home.Text("visits"));
        Assert.Null(home.Text("draft"));
        Assert.Equal("/Route", (await browser.OpenAsync("/Passengers")).Path);
        Assert.Equal("2", (await browser.OpenAsync("/")).Text("visits"));
    }

    [Fact]
    public async Task A_notice_is_shown_once()
    {
        await SignInAsync("grace");
        await DraftAsync("Kiel", "Oslo");
        var trips = await browser.SubmitAsync(await browser.OpenAsync("/Confirm"), "confirm");
        Assert.Equal("Booked: Kiel to Oslo.", trips.Text("notice"));
        Assert.Null((await browser.OpenAsync("/Trips")).Text("notice"));
        Assert.Null((await browser.OpenAsync("/")).Text("notice"));
    }

    [Fact]
    public async Task Who_is_to_sign_in_first_comes_back_to_where_they_were_going_with_what_they_had_entered()
    {
        await DraftAsync("Kiel", "Oslo");
        var asked = await browser.OpenAsync("/Confirm");
        Assert.StartsWith("/SignIn?ReturnUrl=", asked.Path, StringComparison.Ordinal);

        var wrong = await browser.SubmitAsync(asked, "sign-in", ("Name", "grace"), ("Password", "guess"));
        Assert.Equal("Wrong name or password.", wrong.Text("problems"));
        var confirm = await browser.SubmitAsync(wrong, "sign-in", ("Name", "grace"), ("Password", "ecarg"));
        Assert.Equal(("/Confirm", "grace", "Welcome, grace."), (confirm.Path, confirm.Text("user"), confirm.Text("notice")));
        Assert.Equal("Kiel to Oslo, 1 passengers", confirm.Text("summary"));
    }

    [Fact]
    public async Task What_was_booked_is_listed_in_order_and_the_draft_is_gone()
    {
        await SignInAsync("grace");
        string[] harbours = ["Oslo", "Bergen", "Hull"];
        foreach (var to in harbours)
        {
            await DraftAsync("Kiel", to);
            await browser.SubmitAsync(await browser.OpenAsync("/Confirm"), "confirm");
            Assert.Equal("/Route", (await browser.OpenAsync("/Confirm")).Path);
        }

        Assert.Equal(harbours.Select(static to => $"Kiel to {to}, 1 passengers"), (await browser.OpenAsync("/Trips")).Texts("trip"));
    }

    [Fact]
    public async Task Who_has_signed_in_stays_so_until_they_sign_out()
    {
        var home = await SignInAsync("grace");
        Assert.Equal("grace", home.Text("user"));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(("/Trips", "grace"), (await browser.OpenAsync("/Trips")) is var trips ? (trips.Path, trips.Text("user")) : default);
        }

        var left = await browser.SubmitAsync(await browser.OpenAsync("/"), "sign-out");
        Assert.Equal(("Good-bye.", null), (left.Text("notice"), left.Text("user")));
        for (var i = 0; i < 4; i++)
        {
            Assert.StartsWith("/SignIn", (await browser.OpenAsync("/Trips")).Path, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_form_is_taken_with_its_token_and_not_without_or_with_another_visitors()
    {
        var route = await browser.OpenAsync("/Route");
        var fields = route.FieldsOf("route");
        (fields["From"], fields["To"]) = ("Kiel", "Oslo");
        using var other = site.Visit();
        await other.OpenAsync("/Route");
        Assert.Equal(HttpStatusCode.BadRequest, (await other.PostAsync("/Route", fields)).Status);
        Assert.Equal("/Passengers", (await browser.PostAsync("/Route", fields)).Path);
        fields.Remove("__RequestVerificationToken");
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.PostAsync("/Route", fields)).Status);
    }

    [Fact]
    public async Task Visitors_do_not_see_each_others()
    {
        using var other = site.Visit();
        await DraftAsync("Kiel", "Oslo");
        await SignInAsync("grace");
        var empty = await other.OpenAsync("/");
        Assert.Equal(("1", null, null), (empty.Text("visits"), empty.Text("draft"), empty.Text("user")));
        await other.SubmitAsync(await other.OpenAsync("/Route"), "route", ("From", "Hull"), ("To", "Ostend"));
        Assert.Equal("Kiel to Oslo", (await browser.OpenAsync("/")).Text("draft"));
        Assert.Equal("Hull to Ostend", (await other.OpenAsync("/")).Text("draft"));
    }

    public void Dispose()
    {
        browser.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<Page> DraftAsync(string from, string to) =>
        await browser.SubmitAsync(await browser.OpenAsync("/Route"), "route", ("From", from), ("To", to));

    private async Task<Page> SignInAsync(string name) =>
        await browser.SubmitAsync(await browser.OpenAsync("/SignIn"), "sign-in", ("Name", name), ("Password", string.Concat(name.Reverse())));
}
