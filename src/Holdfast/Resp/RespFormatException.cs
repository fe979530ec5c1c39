namespace Holdfast.Resp;

/// <summary>Bytes that are no RESP3, or a reply of another form than docs/wire.md gives it.</summary>
internal sealed class RespFormatException(string message) : Exception(message);
