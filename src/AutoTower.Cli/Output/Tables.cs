using Spectre.Console;

namespace AutoTower.Cli.Output;

/// <summary>Tables on standard output; without colour or a terminal's width where it is not a terminal.</summary>
internal static class Tables
{
    private const int PlainWidth = 140;

    public static void Write(TextWriter output, Table table)
    {
        var isTerminal = output == Console.Out && !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = PlainWidth;
        }

        table.Border(isTerminal ? TableBorder.Rounded : TableBorder.Ascii2);
        console.Write(table);
    }

    public static Table Create(string title, params string[] columns)
    {
        var table = new Table { Title = new TableTitle(Markup.Escape(title)) };
        for (var i = 0; i < columns.Length; i++)
        {
            table.AddColumn(new TableColumn(Markup.Escape(columns[i])) { Alignment = i == 0 ? Justify.Left : Justify.Right });
        }

        return table;
    }

    public static Table Row(this Table table, params string[] cells)
    {
        table.AddRow([.. cells.Select(Markup.Escape)]);
        return table;
    }
}
