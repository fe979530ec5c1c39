using System.Net;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>A browser, as far as a site without scripts needs one: keeps cookies, follows redirects, sends forms as they are.</summary>
internal sealed class Browser : IDisposable
{
    private const int MaxRedirects = 10;
    private readonly HttpClient http;

    /// <param name="site">What answers, by its address.</param>
    /// <param name="network">Takes requests there; follows no redirects.</param>
    public Browser(Uri site, HttpMessageHandler network) => http = new HttpClient(network, disposeHandler: true) { BaseAddress = site };

    public Task<Page> OpenAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>Sends the page's form of that id, with these values in place of what its fields hold.</summary>
    public Task<Page> SubmitAsync(Page page, string form, params (string Name, string Value)[] values)
    {
        var fields = page.FieldsOf(form);
        foreach (var (name, value) in values)
        {
            fields[name] = value;
        }

        return PostAsync(page.ActionOf(form), fields);
    }

    public Task<Page> PostAsync(string path, Dictionary<string, string> fields) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) });

    public void Dispose() => http.Dispose();

    private async Task<Page> SendAsync(HttpRequestMessage request)
    {
        var response = await http.SendAsync(request);
        for (var redirects = 0; response.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.SeeOther; redirects++)
        {
            Assert.True(redirects < MaxRedirects, $"{request.RequestUri} redirects for ever.");
            var to = new Uri(response.RequestMessage!.RequestUri!, response.Headers.Location!);
            response.Dispose();
            response = await http.GetAsync(to.PathAndQuery);
        }

        using (response)
        {
            return new Page(response.StatusCode, response.RequestMessage!.RequestUri!.PathAndQuery, await response.Content.ReadAsStringAsync());
        }
    }
}
