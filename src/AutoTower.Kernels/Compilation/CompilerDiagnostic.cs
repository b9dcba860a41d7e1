using System.Globalization;
using System.Text.RegularExpressions;

namespace AutoTower.Kernels.Compilation;

/// <summary>One error or warning of the run-time compiler.</summary>
/// <param name="File">Source or header.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="IsError">Whether it stops the compilation.</param>
/// <param name="Message">The compiler's text.</param>
public sealed partial record CompilerDiagnostic(string File, int Line, bool IsError, string Message)
{
    internal static IReadOnlyList<CompilerDiagnostic> Parse(string log) =>
        [.. Pattern().Matches(log).Select(match => new CompilerDiagnostic(match.Groups["file"].Value,
            int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture),
            match.Groups["kind"].Value.EndsWith("error", StringComparison.Ordinal), match.Groups["text"].Value.Trim()))];

    // embedding.cu(12): error: identifier "x" is undefined; or with a number: warning #177-D:
    [GeneratedRegex(@"^(?<file>[^\r\n()]+)\((?<line>\d+)\): (?<kind>catastrophic error|error|warning)(?: #\d+(?:-D)?)?: (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Pattern();
}
