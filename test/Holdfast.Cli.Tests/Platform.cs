// The supervisor needs process groups and /proc, and so do its tests.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
