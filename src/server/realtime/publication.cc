#include "server/realtime/publication.h"

#include "base/json_writer.h"
#include "server/json/write_domain.h"

namespace livedrops::server {
namespace {

constexpr std::chrono::milliseconds kTickerInterval{100};  // CONTRACT §5: at most 10 a second.

std::string ToJson(const Event& event) {
  std::string text;
  JsonWriter json(&text);
  Write(event, &json);
  return text;
}

std::string TickerJson(const Event& event) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Member("type", "stockChanged").Member("eventId", event.seq);
  json.Member("dropId", event.drop.view()).Member("at", event.at);
  json.Member("currentStock", event.balance.value_or(0)).EndObject();
  return text;
}

}  // namespace

std::vector<std::string> ChannelsOf(const Event& event) {
  std::vector<std::string> channels;
  const bool of_drop = !event.drop.empty() && event.order.empty();
  if (of_drop && event.type != EventType::dropScheduled) {
    channels.push_back("drop:" + event.drop.str());
  }
  if (!event.creator.empty()) channels.push_back("creator:" + event.creator.str());
  if (!event.user.empty()) channels.push_back("user:" + event.user.str());
  return channels;
}

PublicationPtr Publication::Ticker(std::shared_ptr<const Event> event) {
  std::string channel = "drop:" + event->drop.str();
  auto publication = std::make_shared<Publication>(std::move(channel), std::move(event));
  publication->ticker_ = true;
  return publication;
}

PublicationText Publication::Text() const {
  return ticker_ ? PublicationText{TickerJson(*event_), 0} : TextOf(*event_);
}

const Frame& Publication::frame() const {
  std::call_once(frame_once_, [this] { frame_ = Frame::Text(PublicationPush(channel_, Text())); });
  return *frame_;
}

const Chunk& Publication::chunk(std::string_view epoch) const {
  std::call_once(chunk_once_, [&] { chunk_ = Chunk(ServerSentEvent(epoch, Text())); });
  return *chunk_;
}

PublicationText TextOf(const Event& event) { return {ToJson(event), event.seq}; }

std::string ServerSentEvent(std::string_view epoch, const PublicationText& publication) {
  std::string text;
  if (publication.offset != 0) {
    text.append("id: ").append(epoch) += ":" + std::to_string(publication.offset) + "\n";
  }
  return text.append("data: ").append(publication.data).append("\n\n");
}

std::vector<PublicationPtr> Publisher::Publish(
    std::span<const std::shared_ptr<const Event>> events) {
  std::vector<PublicationPtr> publications;
  for (const auto& event : events) {
    for (std::string& channel : ChannelsOf(*event)) {
      publications.push_back(std::make_shared<Publication>(std::move(channel), event));
    }
    if (event->balance && !event->drop.empty()) stocks_[event->drop.str()].latest = event;
  }
  return publications;
}

std::vector<PublicationPtr> Publisher::Tickers(Tick now) {
  std::vector<PublicationPtr> publications;
  for (auto stock = stocks_.begin(); stock != stocks_.end();) {
    if (now - stock->second.told_at < kTickerInterval) {
      ++stock;
    } else if (stock->second.latest == nullptr) {
      stock = stocks_.erase(stock);
    } else {
      publications.push_back(Publication::Ticker(std::move(stock->second.latest)));
      stock->second = {nullptr, now};
      ++stock;
    }
  }
  return publications;
}

}  // namespace livedrops::server
