namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>What an application is made with.</summary>
internal enum Stack
{
    Unknown,
    AspNetCore,
    AspNet,
    Node,
    Java,
    Php,
    Django,
    Flask,
    Rails,
}
