namespace Holdfast.Testing;

/// <summary>
/// Which nodes lie on a cycle with each other, by relations of some kinds (R. Tarjan, "Depth-first search and linear graph
/// algorithms", 1972; with a stack of its own instead of recursion).
/// </summary>
internal sealed class StrongComponents
{
    private readonly int[] component;

    public StrongComponents(TransactionGraph graph, RelationKind kinds)
    {
        component = new int[graph.Nodes];
        Array.Fill(component, -1);
        var (index, low) = (new int[graph.Nodes], new int[graph.Nodes]);
        var (open, calls) = (new Stack<int>(), new Stack<(int Node, int Next)>());
        var count = 0;
        for (var root = 0; root < graph.Nodes; root++)
        {
            if (index[root] == 0)
            {
                calls.Push((root, 0));
            }

            while (calls.TryPop(out var call))
            {
                var (node, next) = call;
                if (index[node] == 0)
                {
                    index[node] = low[node] = ++count;
                    open.Push(node);
                }

                var relations = graph.From(node);
                while (next < relations.Count && ((relations[next].Kind & kinds) == 0 || index[relations[next].To] != 0))
                {
                    // Either of another kind, or to where the search has been: that counts while its component is open.
                    if ((relations[next].Kind & kinds) != 0 && component[relations[next].To] < 0)
                    {
                        low[node] = Math.Min(low[node], low[relations[next].To]);
                    }

                    next++;
                }

                if (next < relations.Count)
                {
                    // Comes back to this relation once the other node is done, and takes its low mark then.
                    calls.Push((node, next));
                    calls.Push((relations[next].To, 0));
                    continue;
                }

                Close(node, index, low, open);
            }
        }
    }

    public bool AreTogether(int one, int other) => component[one] == component[other];

    private void Close(int node, int[] index, int[] low, Stack<int> open)
    {
        if (low[node] != index[node])
        {
            return;
        }

        int closed;
        do
        {
            closed = open.Pop();
            component[closed] = node;
        }
        while (closed != node);
    }
}
