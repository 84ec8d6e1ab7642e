// A chart as SVG text, to stand inside a page whose style gives the colours.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace livedrops::cli {

// Text at a place of an axis.
using Tick = std::pair<double, std::string>;

struct ChartLine {
  std::string style;  // The class that gives its colour.
  bool filled = false;
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  std::string label;  // Read to people who cannot see it.
  std::string x_title;
  std::string y_title;
  double x_min = 0;
  double x_max = 1;
  double y_min = 0;  // Above 0 when `log_y`.
  double y_max = 1;
  bool log_y = false;
  int height = 280;
  std::vector<Tick> x_ticks;
  std::vector<Tick> y_ticks;
  std::vector<ChartLine> lines;
};

std::string DrawChart(const Chart& chart);

// Ticks from 0 on, about `count` of them, at 1, 2 or 5 times a power of ten.
std::vector<Tick> RoundTicks(double max, int count, const std::string& unit = "");

}  // namespace livedrops::cli
