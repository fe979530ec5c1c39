namespace Holdfast.Node;

/// <summary>A command that waits for its turn in a lane.</summary>
internal readonly record struct WaitingCommand(CommandSpec Spec, Command Command, ReplySlot Slot);
