namespace Holdfast.Gateway.Tests;

/// <summary>Sends one request after another on a connection that it keeps, and notes what fails.</summary>
internal sealed class SteadyClient(int port)
{
    private int answered;

    public int Answered => Volatile.Read(ref answered);

    public List<string> Failures { get; } = [];

    public async Task WorkAsync(CancellationToken ending)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        while (!ending.IsCancellationRequested)
        {
            try
            {
                using var response = await client.PutAsync("/", new StringContent("goods"), CancellationToken.None);
                response.EnsureSuccessStatusCode();
                Interlocked.Increment(ref answered);
            }
            catch (HttpRequestException fault)
            {
                Failures.Add(fault.Message);
            }
        }
    }

    /// <summary>Returns once it has had this many answers.</summary>
    public Task AnsweredAsync(int count) => Eventually.HoldsAsync(() => Task.FromResult(Answered >= count));
}
