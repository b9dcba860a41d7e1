using System.Text.RegularExpressions;

namespace AutoTower.Kernels;

/// <summary>Turns a caller's argument expression into the call that a message shows.</summary>
internal static partial class CallText
{
    internal static string Tidy(string expression) => Qualifier().Replace(WhiteSpace().Replace(expression.Trim(), " "), "");

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@"^Lib\w+\.")]
    private static partial Regex Qualifier();
}
