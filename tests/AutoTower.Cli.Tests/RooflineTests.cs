using System.Diagnostics;
using System.Text.Json;
using AutoTower.Cli.Tests.Runs;
using AutoTower.Tests.Files;

namespace AutoTower.Cli.Tests;

/// <summary>bench/roofline.py on a small profile in ncu's format.</summary>
public sealed class RooflineTests : IDisposable
{
    // What the application and ncu say around the table; names, units, launches: the end of a step, two whole steps, the beginning of a third.
    private const string Profile =
        """
        ==PROF== Connected to process 4711 (/tmp/autotower)
        | supernet step |   0.4301 |
        "ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size","Grid Size","Device","CC","dram__bytes_read.sum","dram__bytes_write.sum","gpu__time_duration.sum","launch__registers_per_thread","lts__t_bytes.sum","sm__ops_path_tensor_src_bf16_dst_fp32.sum","sm__ops_path_tensor_src_tf32_dst_fp32.sum","smsp__issue_active.avg.pct_of_peak_sustained_active","smsp__sass_thread_inst_executed_op_fadd_pred_on.sum","smsp__sass_thread_inst_executed_op_ffma_pred_on.sum","smsp__sass_thread_inst_executed_op_fmul_pred_on.sum"
        "","","","","","","","","","","","byte","byte","ns","register/thread","Kbyte","","","%","inst","inst","inst"
        "0","1","autotower","h","adam_update","1","7","(256, 1, 1)","(9, 1, 1)","0","9.0","9","9","9,999","32","9","0","0","9","0","0","0"
        "1","1","autotower","h","batch_advance","1","7","(32, 1, 1)","(1, 1, 1)","0","9.0","0","424","2,000","16","1","0","0","2","0","0","0"
        "2","1","autotower","h","towers_forward_16","1","7","(512, 1, 1)","(64, 2, 1)","0","9.0","4,240,000","4,240,000","10,000","128","10","0","1,975,000,000","40","1,000","33,500,000","1,000"
        "3","1","autotower","h","void cublasLt::gemm<int, 4>(float *, int)","1","7","(128, 1, 1)","(4, 1, 1)","0","9.0","16,960,000","0","4,000","90","20","0","0","30","0","0","0"
        "4","1","autotower","h","batch_advance","1","7","(32, 1, 1)","(1, 1, 1)","0","9.0","0","424","2,000","16","1","0","0","2","0","0","0"
        "5","1","autotower","h","towers_forward_16","1","7","(512, 1, 1)","(64, 2, 1)","0","9.0","0","0","20,000","64","10","1,975,000,000","0","10","0","67,000,000","n/a"
        "6","1","autotower","h","batch_advance","1","7","(32, 1, 1)","(1, 1, 1)","0","9.0","0","424","2,000","16","1","0","0","2","0","0","0"
        "7","1","autotower","h","towers_forward_16","1","7","(512, 1, 1)","(64, 2, 1)","0","9.0","9","9","9,999","255","9","9","9","9","9","9","9"
        """;

    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public async Task Floors_are_what_bytes_and_operations_take_at_the_rates()
    {
        _temporary.Write("raw.csv", Profile);
        _temporary.Write(
            "bench.json",
            """{"device": "some GPU", "commit": "abc", "results": [{"name": "supernet step", "unit": "step", "ms_a_unit_p50": 0.05}]}""");
        var outcome = await Run(_temporary["raw.csv"], "--bench", _temporary["bench.json"], "--json", _temporary["out.json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(_temporary["out.json"], TestContext.Current.CancellationToken));
        var result = document.RootElement;
        Assert.Equal(2, result.GetProperty("steps").GetInt32());
        Assert.Equal(2.5, Number(result, "launches"));
        Assert.Equal(50, Number(result, "step_microseconds"), 1e-9);

        // Towers: 1.975e9 TF32 operations at 395e12 are 5 us, more than 8.48 MB at 4.24e12 (2 us); 67e6 instructions at 33.5e12 are 2 us, but
        // 1.975e9 operations at 790e12 are 2.5 us. Over two steps.
        var towers = Kernel(result, "towers_forward_16");
        Assert.Equal(15, Number(towers, "microseconds"), 1e-9);
        Assert.Equal(3.75, Number(towers, "floor_microseconds"), 1e-9);
        Assert.Equal(4, Number(towers, "time_over_floor"), 1e-9);
        Assert.Equal("TF32", towers.GetProperty("limit").GetString());
        Assert.Equal(4_240_000, Number(towers, "dram_bytes"), 1e-3);
        Assert.Equal(10_000, Number(towers, "l2_bytes"), 1e-6);
        Assert.Equal(((2 * 100_500_000) + 2000) / 2.0, Number(towers, "fp32_operations"), 1e-3);
        Assert.Equal(20, Number(towers, "issue_slots_percent"), 1e-9); // (40 x 10 + 10 x 20) / 30
        Assert.Equal(128, Number(towers, "registers"));

        var product = Kernel(result, "gemm");
        Assert.Equal(("DRAM", 2.0), (product.GetProperty("limit").GetString(), Math.Round(Number(product, "floor_microseconds"), 9)));
        Assert.Equal(2 + 15 + 2, Number(result, "kernel_microseconds"), 1e-9);
        Assert.Equal("sm__ops_path_tensor_src_fp16_dst_fp32.sum", Assert.Single(result.GetProperty("missing_counters").EnumerateArray()).GetString());
        Assert.Contains("| towers_forward_16 | 1.00 | 15.00 | 3.75 | 4.0 | TF32 |", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("The measured supernet step takes 50.0 us on some GPU", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rates_of_another_gpu_can_be_given()
    {
        _temporary.Write("raw.csv", Profile);
        var outcome = await Run(_temporary["raw.csv"], "--bandwidth", "1e12", "--l2-bandwidth", "1e9", "--json", _temporary["out.json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(_temporary["out.json"], TestContext.Current.CancellationToken));
        var product = Kernel(document.RootElement, "gemm");
        Assert.Equal(("L2", 10.0), (product.GetProperty("limit").GetString(), Math.Round(Number(product, "floor_microseconds"), 9)));
    }

    [Theory]
    [InlineData("==ERROR== ERR_NVGPUCTRPERM", "holds no profile; it should be what 'ncu --csv --page raw' prints")]
    [InlineData("\"ID\",\"Kernel Name\",\"lts__t_bytes.sum\"\n\"\",\"\",\"byte\"\n\"0\",\"adam\",\"5\"", "lacks gpu__time_duration.sum, dram__bytes_read.sum, dram__bytes_write.sum")]
    public async Task What_is_no_profile_is_explained(string text, string message)
    {
        _temporary.Write("raw.csv", text);
        var outcome = await Run(_temporary["raw.csv"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_without_a_whole_step_is_explained()
    {
        _temporary.Write("raw.csv", Profile);
        var outcome = await Run(_temporary["raw.csv"], "--step-kernel", "gemm");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("gemm was profiled 1 times, at least 2 are needed", outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _temporary.Dispose();

    private static JsonElement Kernel(JsonElement result, string name) =>
        result.GetProperty("kernels").EnumerateArray().Single(kernel => kernel.GetProperty("kernel").GetString() == name);

    private static double Number(JsonElement element, string property) => element.GetProperty(property).GetDouble();

    private static async Task<Outcome> Run(params string[] arguments)
    {
        var paths = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        Assert.SkipUnless(Array.Exists(paths, folder => File.Exists(Path.Combine(folder, "python3"))), "there is no python3");
        using var process = Process.Start(new ProcessStartInfo("python3", [RepositoryFolder.PathOf("bench", "roofline.py"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        return await process.Finish();
    }
}
