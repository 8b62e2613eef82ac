#include "costs/bill.hpp"

namespace nightshift::costs {
namespace {

Line line_of(const PriceBook& book, const Used& used) {
    Line line{.used = used};
    const auto* price = book.find(used.provider, used.item);
    if (price == nullptr) {
        line.why_unpriced = "the book " + book.name + " has no price of it";
        return line;
    }
    line.service = price->service;
    line.unit = price->unit;
    line.source = price->source;
    line.as_of = price->as_of;
    line.cost = cost_of_month(*price, used.quantity);
    if (!line.cost)
        line.why_unpriced = "its largest plan is for " + format_quantity(price->plans.back().up_to);
    return line;
}

}  // namespace

std::string name(Basis basis) { return basis == Basis::measured ? "measured" : "assumed"; }

Bill bill_of(const PriceBook& book, const std::vector<Used>& month) {
    Bill bill;
    for (const auto& used : month) {
        bill.lines.push_back(line_of(book, used));
        const auto& cost = bill.lines.back().cost;
        if (!cost) {
            ++bill.unpriced;
            continue;
        }
        bill.sum = {bill.sum.list + cost->list, bill.sum.net + cost->net};
    }
    return bill;
}

}  // namespace nightshift::costs
