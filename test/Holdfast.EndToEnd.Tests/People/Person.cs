using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Holdfast.TestServers;
using Microsoft.Playwright;

namespace Holdfast.EndToEnd.Tests.People;

/// <summary>
/// Somebody at a browser, who remembers what they put into their cart and what they ordered, and looks whether the pages
/// still say so. A click whose answer is an error, because the instance died under it, makes them look, and click again
/// if it did not count. Everything else must never show them an error.
/// </summary>
internal sealed partial class Person
{
    private static readonly (string Name, decimal Price)[] Products = [("Enamel mug", 14.50m), ("Storm lantern", 64.00m)];

    private readonly IPage page;
    private readonly string name;
    private readonly List<string> troubles = [];
    private readonly Dictionary<string, int> cart = [];
    private readonly List<string> orders = [];

    public Person(IPage page, string name)
    {
        (this.page, this.name) = (page, name);
        page.Response += (_, response) => Note(response);
        page.RequestFailed += (_, request) => Trouble($"{request.Method} {request.Url}: {request.Failure}");
        page.PageError += (_, error) => Trouble(error);
    }

    /// <summary>How many orders they placed.</summary>
    public int Orders => orders.Count;

    /// <summary>How many clicks were answered with an error, and had to be looked after.</summary>
    public int SecondLooks { get; private set; }

    /// <summary>Fills the cart, orders, signs in when asked to, and looks at everything.</summary>
    public async Task ShopAsync()
    {
        await AddAsync(Products[0].Name);
        await AddAsync(Products[1].Name);
        await AddAsync(Products[0].Name);
        await RemoveAsync(Products[1].Name);
        await AddAsync(Products[1].Name);
        await LookAtCartAsync();
        await OrderAsync();
        await LookAtCartAsync();
        await LookAtOrdersAsync();
        Assert.Empty(troubles);
    }

    public async Task SignOutAsync()
    {
        await page.GotoAsync("/");
        while (await page.GetByText("Sign out").CountAsync() > 0)
        {
            await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }));
            await page.GotoAsync("/");
        }

        await page.GotoAsync("/orders");
        await Assertions.Expect(page).ToHaveURLAsync(SignInPath());
    }

    /// <summary>Takes a picture of what they see, for whoever has to find out what went wrong, and tells where it is.</summary>
    public async Task<string> PictureAsync()
    {
        var path = Path.Combine(Repository.Results, $"{name}.png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = true });
        return path;
    }

    private async Task AddAsync(string product)
    {
        var wanted = cart[product] = cart.GetValueOrDefault(product) + 1;
        do
        {
            await page.GotoAsync("/");
            await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = $"Add {product} to the cart" }));
        }
        while (await InCartAsync(product) < wanted);
    }

    private async Task RemoveAsync(string product)
    {
        cart.Remove(product);
        while (await InCartAsync(product) > 0)
        {
            await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = $"Remove {product}" }));
        }
    }

    private async Task OrderAsync()
    {
        var total = Products.Sum(product => product.Price * cart.GetValueOrDefault(product.Name));
        var before = await OrderIdsAsync();
        IReadOnlyList<string> placed;
        do
        {
            await page.GotoAsync("/checkout");
            await SignInIfAskedAsync();
            await Assertions.Expect(page.GetByText($"order, {name}")).ToBeVisibleAsync();
            await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Order for" }));
            placed = [.. (await OrderIdsAsync()).Except(before)];
        }
        while (placed.Count == 0);

        var id = Assert.Single(placed);
        await page.GotoAsync($"/orders/{id}");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading)).ToHaveTextAsync($"Thank you, {name}");
        Assert.Equal(total, await TotalAsync());
        orders.Add(id);
        cart.Clear();
    }

    private async Task SignInIfAskedAsync()
    {
        while (SignInPath().IsMatch(page.Url))
        {
            await page.GetByLabel("Your name").FillAsync(name);
            await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }));
            await page.GotoAsync("/checkout");
        }
    }

    private async Task LookAtCartAsync()
    {
        foreach (var (product, _) in Products)
        {
            Assert.Equal(cart.GetValueOrDefault(product), await InCartAsync(product));
        }
    }

    private async Task LookAtOrdersAsync() =>
        Assert.Equal(orders.Order(StringComparer.Ordinal), (await OrderIdsAsync()).Order(StringComparer.Ordinal));

    private async Task<int> InCartAsync(string product)
    {
        await page.GotoAsync("/cart");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Rowheader, new() { Name = product }) });
        return await row.CountAsync() == 0 ? 0 : int.Parse(Digits().Match(await row.Locator(".amount").InnerTextAsync()).Value, CultureInfo.InvariantCulture);
    }

    private async Task<decimal> TotalAsync() =>
        decimal.Parse(Price().Match(await page.Locator("tfoot .sum").InnerTextAsync()).Value, CultureInfo.InvariantCulture);

    /// <summary>The orders that the page lists; none for who has not signed in yet.</summary>
    private async Task<IReadOnlyList<string>> OrderIdsAsync()
    {
        await page.GotoAsync("/orders");
        return await page.GetByRole(AriaRole.Rowheader).AllInnerTextsAsync();
    }

    /// <summary>Clicks what sends a form, and waits until the page that it leads to is there.</summary>
    private async Task ClickAsync(ILocator button)
    {
        var loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Loaded(object? sender, IPage which) => loaded.TrySetResult();
        page.Load += Loaded;
        var response = await page.RunAndWaitForResponseAsync(() => button.ClickAsync(), static response => response.Request.Method == "POST");
        await loaded.Task.WaitAsync(TimeSpan.FromMilliseconds(Chromium.PatienceMilliseconds));
        page.Load -= Loaded;
        if (IsLost(response))
        {
            SecondLooks++;
        }
    }

    /// <summary>The instance died under a click.</summary>
    private static bool IsLost(IResponse response) =>
        response.Request.Method == "POST" && response.Status is (int)HttpStatusCode.BadGateway or (int)HttpStatusCode.ServiceUnavailable;

    private void Note(IResponse response)
    {
        if (response.Status >= 400 && !IsLost(response))
        {
            Trouble($"{response.Request.Method} {response.Url}: {response.Status}");
        }
    }

    private void Trouble(string what)
    {
        lock (troubles)
        {
            troubles.Add(what);
        }
    }

    [GeneratedRegex(@"/sign-in(\?|$)")]
    private static partial Regex SignInPath();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"\d+\.\d\d")]
    private static partial Regex Price();
}
