import { contentDisposition } from "../../src/store/content-disposition.js";

describe("the header by which a browser saves under a name", () => {
  it.each([
    ["report.pdf", 'attachment; filename="report.pdf"'],
    ["a b;c.pdf", 'attachment; filename="a b;c.pdf"'],
    ["ü.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%BC.pdf"],
    ["😀.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%F0%9F%98%80.pdf"],
    ['a"b\\c%41', "attachment; filename=\"a_b_c_41\"; filename*=UTF-8''a%22b%5Cc%2541"],
    ["it's (1)*", 'attachment; filename="it\'s (1)*"'],
    ["ü's (1)*", "attachment; filename=\"_'s (1)*\"; filename*=UTF-8''%C3%BC%27s%20%281%29%2A"],
  ])("%s is %s", (name, header) => {
    expect(contentDisposition(name)).toBe(header);
  });
});
