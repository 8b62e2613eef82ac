#include "media/object_store.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace nightshift::media {

Content content_of(std::string bytes) {
    const auto all = std::make_shared<const std::string>(std::move(bytes));
    return {all->size(), [all](std::uint64_t offset, std::uint64_t length) {
                if (offset == 0 && length == all->size()) return all;
                return std::make_shared<const std::string>(all->substr(offset, length));
            }};
}

Piece whole_piece(const Content& content, std::uint64_t offset, std::uint64_t length) {
    auto piece = content.read(offset, length);
    if (piece->size() != length) {
        throw Error{Failure::data, "the file has changed while it was read", "",
                    "run it again when nobody writes it"};
    }
    return piece;
}

void require_key(const std::string& key) {
    constexpr std::size_t longest = 1024;
    const auto refuse = [&key](const std::string& why) {
        throw Error{Failure::data, excerpt(key) + " can be no object's key", why,
                    "give names as media/photo.jpg"};
    };
    if (key.empty() || key.size() > longest) refuse("it must have 1 to 1,024 bytes");
    if (!is_database_text(key)) refuse("it is no UTF-8");
    if (std::any_of(key.begin(), key.end(),
                    [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '\\'; }))
        refuse("it has a control character or a backslash");
    for (std::size_t from = 0; from <= key.size();) {
        const auto slash = std::min(key.find('/', from), key.size());
        const auto part = key.substr(from, slash - from);
        if (part.empty() || part == "." || part == "..")
            refuse("it has a part that is empty, . or ..");
        from = slash + 1;
    }
}

}  // namespace nightshift::media
