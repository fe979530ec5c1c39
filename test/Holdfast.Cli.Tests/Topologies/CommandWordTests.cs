using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Topologies;

public sealed class CommandWordTests
{
    [Theory]
    [InlineData("node shop.js", "node")]
    [InlineData("  COLOUR=blue exec ./shop --port $PORT", "./shop")]
    [InlineData("/usr/bin/env node", "/usr/bin/env")]
    [InlineData("../bin/x", "../bin/x")]
    public void The_program_of_a_command_is_found(string command, string program) => Assert.Equal(program, CommandWord.Of(command));

    [Theory]
    [InlineData("cd x && npm start")]
    [InlineData("$SHOP --fast")]
    [InlineData("(a; b)")]
    [InlineData("if true; then x; fi")]
    [InlineData("\"my shop\" x")]
    [InlineData("")]
    public void What_takes_a_shell_to_tell_is_not_guessed(string command) => Assert.Null(CommandWord.Of(command));
}
