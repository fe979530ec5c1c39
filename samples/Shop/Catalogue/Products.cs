namespace Shop.Catalogue;

/// <summary>Everything that the shop sells. It is part of the program, so every instance of a version sells the same.</summary>
internal static class Products
{
    public static readonly IReadOnlyList<Product> All =
    [
        new("lantern", "Storm lantern", 6400, "Burns through any gale. Brass, hand-soldered."),
        new("mug", "Enamel mug", 1450, "Chips with dignity. Holds exactly one watch’s coffee."),
        new("rope", "Mooring rope", 2890, "Ten metres of three-strand hemp, spliced at both ends."),
        new("soap", "Kelp soap", 780, "Smells of low tide, in the best sense."),
        new("print", "Lighthouse print", 3500, "Linocut in two colours, signed and numbered."),
        new("cap", "Wool watch cap", 2400, "Ribbed merino. Warm when wet."),
        new("boat", "Paper boat", 350, "Waxed. Sails for an afternoon."),
        new("compass", "Pocket compass", 4990, "Points north, which is more than most do."),
        new("tea", "Smoked tea", 1290, "Dried over driftwood. A hundred grams."),
    ];

    private static readonly Dictionary<string, Product> BySku = All.ToDictionary(static product => product.Sku);

    public static Product? Find(string? sku) => sku is null ? null : BySku.GetValueOrDefault(sku);
}
