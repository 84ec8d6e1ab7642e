#include "cli/bench_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace livedrops::cli {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 70;
constexpr double kRight = 34;
constexpr double kTop = 14;
constexpr double kBottom = 46;

std::string Px(double value) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// 1500 is "1.5k": axis labels must be short.
std::string Short(double value) {
  const char* unit = "";
  if (value >= 1e6) {
    value /= 1e6;
    unit = "M";
  } else if (value >= 1e3) {
    value /= 1e3;
    unit = "k";
  }
  char text[32];
  (void)std::snprintf(text, sizeof text, "%g%s", value, unit);
  return text;
}

class Plot {
 public:
  explicit Plot(const Chart& chart) : chart_(chart) {}

  std::string Draw() {
    svg_ = "<svg viewBox=\"0 0 " + Px(kWidth) + " " + Px(chart_.height) +
           "\" role=\"img\" aria-label=\"" + chart_.label + "\">";
    for (const Tick& tick : chart_.y_ticks) DrawRow(tick);
    for (const Tick& tick : chart_.x_ticks) DrawColumn(tick);
    for (const ChartLine& line : chart_.lines) DrawLine(line);
    Text((kLeft + kWidth - kRight) / 2, chart_.height - 6, "middle", "title", chart_.x_title);
    svg_ += "<text class=\"title\" text-anchor=\"middle\" transform=\"translate(14 " +
            Px((kTop + Bottom()) / 2) + ") rotate(-90)\">" + chart_.y_title + "</text>";
    return svg_ + "</svg>";
  }

 private:
  double Bottom() const { return chart_.height - kBottom; }
  double X(double value) const {
    const double part = (value - chart_.x_min) / (chart_.x_max - chart_.x_min);
    return kLeft + part * (kWidth - kLeft - kRight);
  }
  double Y(double value) const {
    double part = (value - chart_.y_min) / (chart_.y_max - chart_.y_min);
    if (chart_.log_y) {
      part = std::log(std::max(value, chart_.y_min) / chart_.y_min) /
             std::log(chart_.y_max / chart_.y_min);
    }
    return Bottom() - std::clamp(part, 0.0, 1.0) * (Bottom() - kTop);
  }

  void Text(double x, double y, const char* anchor, const char* style, const std::string& text) {
    svg_ += "<text class=\"" + std::string(style) + "\" x=\"" + Px(x) + "\" y=\"" + Px(y) +
            "\" text-anchor=\"" + anchor + "\">" + text + "</text>";
  }
  void Rule(double x1, double y1, double x2, double y2) {
    svg_ +=
        "<path class=\"rule\" d=\"M" + Px(x1) + " " + Px(y1) + "L" + Px(x2) + " " + Px(y2) + "\"/>";
  }
  void DrawRow(const Tick& tick) {
    const double y = Y(tick.first);
    Rule(kLeft, y, kWidth - kRight, y);
    Text(kLeft - 8, y + 4, "end", "tick", tick.second);
  }
  void DrawColumn(const Tick& tick) {
    const double x = X(tick.first);
    Rule(x, kTop, x, Bottom());
    Text(x, Bottom() + 18, "middle", "tick", tick.second);
  }
  void DrawLine(const ChartLine& line) {
    if (line.points.empty()) return;
    std::string path;
    for (const auto& [x, y] : line.points) {
      path += (path.empty() ? "M" : "L") + Px(X(x)) + " " + Px(Y(y));
    }
    if (line.filled) {
      svg_ += "<path class=\"area " + line.style + "\" d=\"" + path + "L" +
              Px(X(line.points.back().first)) + " " + Px(Bottom()) + "L" +
              Px(X(line.points.front().first)) + " " + Px(Bottom()) + "Z\"/>";
    }
    svg_ += "<path class=\"line " + line.style + "\" d=\"" + path + "\"/>";
  }

  const Chart& chart_;
  std::string svg_;
};

}  // namespace

std::string DrawChart(const Chart& chart) { return Plot(chart).Draw(); }

std::vector<Tick> RoundTicks(double max, int count, const std::string& unit) {
  const double rough = std::max(max, 1e-9) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough) step = factor * power;
  }
  std::vector<Tick> ticks;
  for (double value = 0; value <= max * 1.0001; value += step) {
    ticks.emplace_back(value, Short(value) + unit);
  }
  return ticks;
}

}  // namespace livedrops::cli
