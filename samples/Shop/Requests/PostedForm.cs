namespace Shop.Requests;

internal static class PostedForm
{
    /// <summary>The form that a page sent; refused when the body is none.</summary>
    public static async Task<IFormCollection> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            throw new RefusedException(StatusCodes.Status415UnsupportedMediaType, "This takes a form.");
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (InvalidDataException)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, "The form can not be read.");
        }
    }
}
