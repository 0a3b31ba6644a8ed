import ts from "typescript";

/**
 * Compiles a TypeScript file to a module that counts: each function, branch and turn of a loop has a counter. The counters
 * of a file come from `counters(how many, string literals of the file)`, imported from `countersModule`.
 */
export function instrument(text, fileName, countersModule) {
  let used = 0;
  const words = new Set();
  const transformer = (context) => {
    const { factory } = context;
    const counter = () =>
      factory.createPostfixIncrement(
        factory.createElementAccessExpression(factory.createIdentifier("__counters"), used++),
      );
    const counted = (expression) => factory.createParenthesizedExpression(factory.createComma(counter(), expression));
    const step = () => factory.createExpressionStatement(counter());
    const block = (statement) =>
      factory.createBlock([step(), ...(ts.isBlock(statement) ? statement.statements : [statement])], true);

    const visit = (node) => {
      if (ts.isTypeNode(node)) return node;
      if (ts.isStringLiteralLike(node) && isWord(node)) words.add(node.text);
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isArrowFunction(visited) && !ts.isBlock(visited.body)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = visited;
        const arrow = equalsGreaterThanToken;
        return factory.updateArrowFunction(visited, modifiers, typeParameters, parameters, type, arrow, counted(body));
      }
      if (ts.isBlock(visited) && (ts.isFunctionLike(node.parent) || isClauseOfTry(node))) return block(visited);
      if (ts.isIfStatement(visited)) {
        const otherwise = visited.elseStatement ?? factory.createBlock([]);
        return factory.updateIfStatement(
          visited,
          visited.expression,
          block(visited.thenStatement),
          ts.isIfStatement(otherwise) ? otherwise : block(otherwise),
        );
      }
      if (ts.isIterationStatement(visited, false)) return withBody(visited, block(visited.statement), factory);
      if (ts.isConditionalExpression(visited)) {
        const { condition, questionToken, whenTrue, colonToken, whenFalse } = visited;
        const [yes, no] = [counted(whenTrue), counted(whenFalse)];
        return factory.updateConditionalExpression(visited, condition, questionToken, yes, colonToken, no);
      }
      if (ts.isBinaryExpression(visited) && SHORT_CIRCUITS.has(visited.operatorToken.kind)) {
        return factory.updateBinaryExpression(visited, visited.left, visited.operatorToken, counted(visited.right));
      }
      if (ts.isCaseClause(visited)) {
        return factory.updateCaseClause(visited, visited.expression, [step(), ...visited.statements]);
      }
      if (ts.isDefaultClause(visited)) return factory.updateDefaultClause(visited, [step(), ...visited.statements]);
      return visited;
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions,
    transformers: { before: [transformer] },
  });
  const literals = JSON.stringify([...words]);
  return `import { counters } from "${countersModule}"; const __counters = counters(${used}, ${literals});\n${outputText}`;
}

/** Compiles a TypeScript file to a module, as it is. */
export function compile(text, fileName) {
  return ts.transpileModule(text, { fileName, compilerOptions }).outputText;
}

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  inlineSourceMap: true,
};

const SHORT_CIRCUITS = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

// What parsers compare with; not messages, nor the names of modules.
function isWord({ text, parent }) {
  return text.length > 1 && text.length <= 40 && !/\s/.test(text) && !ts.isImportDeclaration(parent);
}

function isClauseOfTry({ parent }) {
  return ts.isTryStatement(parent) || ts.isCatchClause(parent);
}

function withBody(loop, body, factory) {
  if (ts.isForStatement(loop)) {
    return factory.updateForStatement(loop, loop.initializer, loop.condition, loop.incrementor, body);
  }
  if (ts.isForOfStatement(loop)) {
    return factory.updateForOfStatement(loop, loop.awaitModifier, loop.initializer, loop.expression, body);
  }
  if (ts.isForInStatement(loop)) return factory.updateForInStatement(loop, loop.initializer, loop.expression, body);
  if (ts.isWhileStatement(loop)) return factory.updateWhileStatement(loop, loop.expression, body);
  return factory.updateDoStatement(loop, body, loop.expression);
}
