// Arrays as parameters: many rows of a statement at once, column by column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nightshift::postgres {

// An array as Postgres reads one, {1,"a",NULL}, made element by element.
class ArrayText {
  public:
    void add(std::int64_t number);
    void add(std::string_view text);
    void add_or_null(std::string_view text);  // empty: NULL
    std::string take();                       // what it holds is gone then

  private:
    void begin_element();

    std::string text_;
};

}  // namespace nightshift::postgres
