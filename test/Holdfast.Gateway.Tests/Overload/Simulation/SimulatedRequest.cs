namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>A request and what came of it, in seconds since the beginning.</summary>
internal sealed class SimulatedRequest(double cameAt, int coming)
{
    public double CameAt => cameAt;

    /// <summary>How often its client has come with it.</summary>
    public int Coming => coming;

    public double EnteredAt { get; set; } = double.NaN;

    public double AnsweredAt { get; set; } = double.NaN;

    public bool IsRefused { get; set; }

    public bool IsAnswered => !double.IsNaN(AnsweredAt);

    public double Took => AnsweredAt - CameAt;
}
