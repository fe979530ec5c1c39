using Holdfast.Cli;

return await CommandLine.RunAsync(args);
