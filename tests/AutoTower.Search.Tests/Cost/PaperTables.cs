using AutoTower.Search.Cost;
using AutoTower.Search.Data;

namespace AutoTower.Search.Tests.Cost;

/// <summary>The paper's printed complexities in millions, digit by digit.</summary>
internal static class PaperTables
{
    /// <summary>
    /// Table 7, the architectures found for each data set: user parameters, user FLOPs, item parameters, item FLOPs. The text of the paper
    /// leaves the order of neighbouring element-wise blocks in the lower two rows open; every order gives the same printed digits.
    /// </summary>
    public static TheoryData<string, string, string, string, string, string> Table7 => new()
    {
        { "ml-100k", "pooling=self-attention; user=mlp-512,sa-1,sa-4; item=mlp-128,mlp-512,sa-1", "0.10", "0.17", "0.12", "0.06" },
        { "ml-1m", "pooling=self-attention; user=sa-3,ew-ip,mlp-128; item=mlp-512,mlp-64,sa-2", "0.06", "0.14", "0.09", "0.05" },
        {
            "yelp",
            "pooling=self-attentive; user=mlp-32,ew-avg,ew-max,ew-ip,ew-min,ew-max,sa-3; item=sa-2,ew-ip,ew-max,mlp-1024,ew-avg,sa-2,mlp-256",
            "0.07", "0.24", "0.50", "0.26"
        },
        {
            "amazon-books",
            "pooling=self-attentive; user=sa-1,ew-avg,sa-2,ew-ip,ew-min,mlp-32,sa-1; item=sa-2,ew-avg,ew-ip,ew-avg,sa-1,ew-avg,mlp-256",
            "0.05", "0.06", "0.16", "0.08"
        },
    };

    /// <summary>Table 4, the rows of GoogleDNN and SENET under low, medium and high complexity: parameters and FLOPs.</summary>
    public static TheoryData<string, string, string, string> Table4 => new()
    {
        { "google-dnn-l", "ml-100k", "0.21", "0.14" },
        { "google-dnn-l", "ml-1m", "0.21", "0.14" },
        { "google-dnn-l", "yelp", "0.24", "0.15" },
        { "google-dnn-l", "amazon-books", "0.19", "0.13" },
        { "google-dnn-m", "ml-100k", "0.43", "0.25" },
        { "google-dnn-m", "ml-1m", "0.43", "0.25" },
        { "google-dnn-m", "yelp", "0.50", "0.28" },
        { "google-dnn-m", "amazon-books", "0.39", "0.23" },
        { "google-dnn-h", "ml-100k", "1.57", "0.81" },
        { "google-dnn-h", "ml-1m", "1.57", "0.81" },
        { "google-dnn-h", "yelp", "1.70", "0.88" },
        { "google-dnn-h", "amazon-books", "1.49", "0.77" },
        { "senet-l", "ml-100k", "0.21", "0.14" },
        { "senet-l", "ml-1m", "0.21", "0.14" },
        { "senet-l", "yelp", "0.24", "0.15" },
        { "senet-l", "amazon-books", "0.19", "0.13" },
        { "senet-m", "ml-100k", "0.43", "0.25" },
        { "senet-m", "ml-1m", "0.43", "0.25" },
        { "senet-m", "yelp", "0.50", "0.28" },
        { "senet-m", "amazon-books", "0.39", "0.23" },
        { "senet-h", "ml-100k", "1.57", "0.81" },
        { "senet-h", "ml-1m", "1.57", "0.81" },
        { "senet-h", "yelp", "1.70", "0.88" },
        { "senet-h", "amazon-books", "1.49", "0.77" },
    };

    /// <summary>The sizes that a data set's schema gives a model of embedding dimension 16.</summary>
    public static ModelShape Shape(string data)
    {
        var schema = DatasetPresets.Schema(data);
        return new ModelShape(schema.UserFields.Count, schema.ItemFields.Count, schema.HistoryFields.Count, schema.HistoryLength);
    }

    /// <summary>A number in millions with the paper's two digits.</summary>
    public static string Printed(double value) => $"{value / 1e6:F2}";
}
