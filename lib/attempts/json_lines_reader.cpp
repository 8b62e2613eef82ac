#include "attempts/json_lines_reader.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace nightshift::attempts {
namespace {

using nlohmann::json;

constexpr std::size_t block_size = 65'536;
constexpr std::size_t longest_line = 1'048'576;
constexpr std::size_t most_ignored = 100;  // that are remembered

// One object's values into places, by the keys that are known.
class ObjectHandler : public nlohmann::json_sax<json> {
  public:
    ObjectHandler(const std::vector<std::string_view>& known, std::vector<std::string>& values)
        : known_{known}, values_{values}, seen_(known.size()) {}

    std::string why;                   // it cannot be read
    std::vector<std::string> ignored;  // keys

    bool null() override { return scalar(""); }
    bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& text) override { return scalar(text); }
    bool string(string_t& value) override { return scalar(std::move(value)); }
    bool binary(binary_t&) override { return false; }  // JSON has none

    bool start_object(std::size_t) override { return start("an object"); }
    bool end_object() override { return end(); }
    bool start_array(std::size_t) override { return start("an array"); }
    bool end_array() override { return end(); }

    bool key(string_t& name) override {
        if (depth_ != 1) return true;
        place_ = static_cast<std::size_t>(std::find(known_.begin(), known_.end(), name) -
                                          known_.begin());
        if (place_ == known_.size()) {
            ignored.push_back(std::move(name));
            return true;
        }
        if (seen_[place_]) return refuse("the key " + name + " stands twice");
        seen_[place_] = true;
        return true;
    }
    bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
        return refuse("it is no JSON from byte " + std::to_string(at) + " on");
    }

  private:
    bool refuse(std::string reason) {
        why = std::move(reason);
        return false;
    }
    bool scalar(std::string value) {
        if (depth_ == 0) return refuse("it is no JSON object");
        if (depth_ == 1 && place_ < known_.size()) values_[place_] = std::move(value);
        return true;
    }
    bool start(const std::string& what) {
        if (depth_ == 0 && what != "an object") return refuse("it is no JSON object");
        if (depth_ == 1 && place_ < known_.size()) {
            return refuse("the key " + std::string{known_[place_]} + " holds " + what);
        }
        ++depth_;
        return true;
    }
    bool end() {
        --depth_;
        return true;
    }

    const std::vector<std::string_view>& known_;
    std::vector<std::string>& values_;
    std::vector<bool> seen_;
    std::size_t place_ = 0;  // of the last key, or one past the end
    int depth_ = 0;
};

}  // namespace

JsonLinesReader::JsonLinesReader(ByteSource& source, const std::vector<std::string_view>& known)
    : RecordReader{source}, known_{known}, values_(known.size()) {}

bool JsonLinesReader::next(Record& record) {
    if (at_header_) {
        at_header_ = false;
        record = {.line = 1, .fields = known_, .broken = {}, .text = {}};
        return true;
    }
    std::string_view line;
    if (!next_line(line)) return false;
    std::fill(values_.begin(), values_.end(), "");
    ObjectHandler handler{known_, values_};
    record.broken = json::sax_parse(line, &handler) ? "" : handler.why;
    record.text = line;
    for (const auto& key : handler.ignored) {
        if (ignored_.size() >= most_ignored || !ignored_.insert(key).second) continue;
        log::info("key ignored", {{"file", source_.name()}, {"key", excerpt(key)}});
    }
    record.line = line_;
    record.fields.assign(values_.begin(), values_.end());
    return true;
}

// The next that is not blank, without its end.
bool JsonLinesReader::next_line(std::string_view& line) {
    const auto too_long = [this] {
        return bad(line_ + 1, "it is longer than 1 MiB", "see whether this is JSON Lines");
    };
    while (true) {
        const auto end = text_.find('\n', begin_);
        if (end == std::string::npos && !at_end_) {
            if (text_.size() - begin_ > longest_line) throw too_long();
            text_.erase(0, begin_);
            begin_ = 0;
            std::array<char, block_size> block;
            const auto size = source_.read(block.data(), block.size());
            at_end_ = size < block.size();
            text_.append(block.data(), size);
            continue;
        }
        if (begin_ == text_.size()) return false;
        line = std::string_view{text_}.substr(begin_, end - begin_);
        if (line.size() > longest_line) throw too_long();
        begin_ = end == std::string::npos ? text_.size() : end + 1;
        if (++line_ == 1 && line.starts_with(byte_order_mark))
            line.remove_prefix(byte_order_mark.size());
        if (!trimmed(line).empty()) return true;
    }
}

}  // namespace nightshift::attempts
